"""The Python client: submit photos, find jobs and repair them.

>>> from glasses import Client
>>> with Client() as client:
...     job = client.submit(["demo/photos/hopper.jpg", "demo/photos/collins.jpg"])
...     status = job.wait()
...     for verdict in job.verdicts():
...         print(verdict.image, verdict.glasses)
hopper.jpg True
collins.jpg False
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import Self

from redis import Redis

from glasses.config.retry import Notify, ignore
from glasses.config.settings import Settings, get_settings
from glasses.errors import UnknownJobError, UnreadableJobError
from glasses.job import Job, pause
from glasses.jobs import in_place
from glasses.jobs.dry_run import DryRun, preview
from glasses.jobs.enqueue import create_job
from glasses.jobs.forecast import forecast_photos
from glasses.jobs.recovery import WAIT_SECONDS, RepairReport, find_lost, repair
from glasses.jobs.redis_errors import translate_redis_errors
from glasses.jobs.stored_jobs import find_removable, find_stored, stored_jobs
from glasses.jobs.submission import Submission, SubmissionProgress
from glasses.jobs.submit_options import SubmitOptions
from glasses.ledger import Ledger
from glasses.ledger.find_job import (
    candidates,
    check_name,
    check_not_an_id,
    default_name,
    find_job_id,
    ids_named,
)
from glasses.ledger.partitions import new_job_id
from glasses.ledger.redis_client import connect
from glasses.ledger.workers import WorkerInfo, live_workers, redis_time
from glasses.protocol.schemas import JobSpec, JobStatus
from glasses.protocol.statuses import INACTIVE_JOB_STATES
from glasses.protocol.verdict import FaceChoice
from glasses.sources.arguments import PhotoSelection
from glasses.sources.in_memory import PhotoArgument, photo_arguments
from glasses.sources.left_out import LeftOut
from glasses.sources.photo import Photo
from glasses.sources.photo_table import ListedFile
from glasses.storage.object_store import ObjectStore, job_prefix

__all__ = ["Client", "Job", "SubmitOptions", "pause"]


class Client:
    """Submits photos, and finds, repairs and lists jobs.

    Args:
        settings: Addresses and limits; by default those that every command uses.
        notify: Called with a message when a server is not responding and the client retries.

    Raises (here and in every method):
        InfrastructureError: A server is not configured, unreachable, or refuses a request.
    """

    def __init__(self, settings: Settings | None = None, notify: Notify = ignore) -> None:
        self.settings = settings or get_settings()
        self._notify = notify
        self.redis: Redis = connect(self.settings, notify=notify)

    @cached_property
    def store(self) -> ObjectStore:
        """Return the object store."""
        return ObjectStore(self.settings, self._notify)

    def submit(
        self,
        arguments: PhotoArgument | Sequence[PhotoArgument],
        *,
        name: str | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        threshold: float | None = None,
        faces: FaceChoice = FaceChoice.ANY,
        on_created: Callable[[Job], None] = lambda _job: None,
        on_progress: Callable[[SubmissionProgress], None] = lambda _progress: None,
        stdin: Iterable[str] | None = None,
        file_list: Iterable[str | ListedFile] | None = None,
        in_place: bool = False,
        strict: bool = False,
    ) -> Job:
        """Upload photos and queue them.

        Args:
            arguments: Folders, files, globs, archives, `s3://bucket/prefix`, `-`, the bytes of a
                photo, a pair of its name in results and its bytes, or a list of these.
            name: Job name; by default the first argument.
            include: Globs of which one must match, see `glasses.sources.walk.walk`.
            exclude: Globs of which none may match.
            threshold: Replaces the model's threshold, 0..1.
            faces: Which faces of a photo decide.
            on_created: Called with the job once a photo is found, before anything is uploaded.
            on_progress: Called as photos are hashed, uploaded and queued.
            stdin: Lines to read for the argument `-`.
            file_list: Paths of more files. A `glasses.sources.photo_table.ListedFile` also has an
                id, which its verdict repeats.
            in_place: Do not upload files; workers read them under the same paths. The files must
                not change until the job has ended.
            strict: Do not ignore files that are not photos: they fail, as arguments and lines of a
                list always do. `Job.status().ignored` counts ignored files.

        Returns:
            The job, with every photo queued; without photos, an empty job that is done.

        Raises:
            UsageError: An argument does not exist, an option is invalid, or a worker may not read
                the files in place. No job is created in these cases.
            TypeError: An argument has another type.
        """
        options = SubmitOptions(
            name=name,
            threshold=threshold,
            faces=faces,
            on_created=on_created,
            on_progress=on_progress,
        )
        check_name(name)
        photos = photo_arguments([arguments])
        selection = PhotoSelection(photos, file_list, include, exclude, stdin, in_place, strict)
        return self.submit_selection(selection, options)

    @translate_redis_errors
    def submit_selection(self, selection: PhotoSelection, options: SubmitOptions) -> Job:
        """Upload the selected photos and queue them; see `submit`."""
        if options.name:
            check_not_an_id(self.redis, options.name)
        left_out = LeftOut()
        photos = self._find_photos(selection, left_out)
        name = options.name or (*selection.names, "a list" if selection.file_list else "photos")[0]
        return self.submit_photos(photos, replace(options, name=name), left_out)

    @translate_redis_errors
    def submit_photos(
        self, photos: Iterable[Photo], options: SubmitOptions, left_out: LeftOut | None = None
    ) -> Job:
        """Upload photos and queue them; `left_out` counts what their source leaves out."""
        spec = JobSpec(
            job_id=options.job_id or self.new_job_id(),
            name=default_name(options.name or "photos"),
            created=time.time(),
            chunk_size=self.settings.chunk_size,
            threshold=options.threshold,
            faces=options.faces,
            retention_seconds=self.settings.retention_seconds,
        )
        create_job(self.redis, self.store, spec)
        job = Job(self, spec.job_id)
        options.on_created(job)
        submission = Submission(self.settings, self.redis, self.store, spec, left_out or LeftOut())
        submission.run(photos, lambda: options.on_progress(submission.progress))
        return job

    @translate_redis_errors
    def preview(
        self,
        selection: PhotoSelection,
        on_progress: Callable[[DryRun], None] = lambda _dry_run: None,
    ) -> DryRun:
        """Count what a submission would upload and classify, without writing anything.

        Args:
            selection: The photos that would be submitted.
            on_progress: Called as photos are hashed.

        Raises:
            UsageError: An argument does not exist.
        """
        result = DryRun()
        result.left_out.on_ignored = result.ignored_files.append
        photos = self._find_photos(selection, result.left_out)
        preview(self.settings, self.redis, photos, result, on_progress)
        pending = [job.pending for job in self.jobs() if job.state not in INACTIVE_JOB_STATES]
        workers = live_workers(self.redis)
        result.forecast = forecast_photos(result.to_classify, result.model, pending, workers)
        return result

    def _find_photos(self, selection: PhotoSelection, left_out: LeftOut) -> Iterator[Photo]:
        """Return the selected photos; errors of finding the first are raised at once."""
        selection.check(self.settings)
        photos = selection.photos(self.settings, self._notify, left_out)
        if selection.in_place:
            self.check_in_place(selection.files())
            photos = in_place.replace_unreadable(self.workers()[0], photos)
        return chain(list(islice(photos, 1)), photos)

    def check_in_place(self, paths: Iterable[str]) -> None:
        """Check that every live worker reads these files or folders in place.

        Args:
            paths: Paths on this machine; workers must see the files under the same paths.

        Raises:
            UsageError: A worker does not read one of them; the message names both.
        """
        in_place.check(self.workers()[0], paths)

    @translate_redis_errors
    def check(self) -> None:
        """Check that both servers respond.

        Raises:
            InfrastructureError: One does not.
        """
        self.redis.ping()
        self.store.get(job_prefix("none") + "job.json")

    @translate_redis_errors
    def new_job_id(self) -> str:
        """Return an unused job id."""
        return new_job_id(self.redis, Ledger(self.redis).open_job_ids())

    @translate_redis_errors
    def job(self, word: str, newest: bool = False) -> Job:
        """Find a job by its id, its name, or an unambiguous prefix of its id, in this order.

        Args:
            word: The id, name or prefix.
            newest: If several jobs have exactly this name, take the newest and report that.

        Raises:
            UsageError: No job, or more than one, matches.
        """
        try:
            return Job(self, find_job_id(self.redis, word, self._notify if newest else None))
        except UnknownJobError as error:
            return self.find_lost(word, error)

    def find_lost(self, word: str, error: UnknownJobError) -> Job:
        """Repair a job that Redis lost and return it.

        Raises:
            UnknownJobError: The given `error`: the object store does not know the job either.
        """
        return Job(self, find_lost(self.redis, self.store, word, error))

    @translate_redis_errors
    def repair(self, job_id: str, wait_seconds: float = WAIT_SECONDS) -> RepairReport:
        """Enqueue what Redis lost of one job; see `reconcile`."""
        return repair(self.redis, self.store, job_id, wait_seconds)

    @translate_redis_errors
    def find_removable(self, word: str) -> Job:
        """Find a job as `job` does, including jobs that only the object store knows.

        Raises:
            UsageError: No job, or more than one, matches.
        """
        return Job(self, find_removable(self.redis, self.store, word))

    @translate_redis_errors
    def named(self, name: str) -> list[str]:
        """Return the ids of all jobs with exactly this name, newest first."""
        return ids_named(name, candidates(self.redis))

    @translate_redis_errors
    def jobs(self) -> list[JobStatus]:
        """Return all jobs that have not expired, newest first; report unreadable ones."""
        statuses = []
        ledger = Ledger(self.redis)
        for job_id in ledger.job_ids():
            try:
                statuses.append(ledger.status(job_id))
            except UnknownJobError:
                continue  # it was removed meanwhile
            except UnreadableJobError as error:
                self._notify(str(error))
        return statuses

    @translate_redis_errors
    def workers(self) -> tuple[list[WorkerInfo], float]:
        """Return the live workers, and the time of Redis' clock (Unix time, s)."""
        return live_workers(self.redis), redis_time(self.redis)

    @translate_redis_errors
    def reconcile(self, word: str | None = None) -> list[RepairReport]:
        """Queue lost chunks at once, and rebuild lost ledgers from the manifests.

        Args:
            word: One job, as for `job`; None for every job in the object store.

        Raises:
            UsageError: Neither Redis nor the object store knows the job.
        """
        reports = []
        chosen = None if word is None else find_stored(self.redis, self.store, word)
        for job_id in stored_jobs(self.store) if chosen is None else [chosen]:
            try:
                reports.append(self.repair(job_id))
            except UnreadableJobError as error:
                if chosen is not None:
                    raise
                self._notify(str(error))
        return reports

    def close(self) -> None:
        """Close the connection to Redis."""
        self.redis.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

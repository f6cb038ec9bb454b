"""The Python client: what the commands do, for programs.

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
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from redis import Redis
from redis.exceptions import RedisError

from glasses import in_place
from glasses.blockage import blockage
from glasses.errors import UnreadableJobError, WaitTimeoutError
from glasses.find_job import as_name, candidates, check_name, find, named
from glasses.forecast import Forecast, forecast, of_photos
from glasses.job_files import JobFiles
from glasses.judged import Judged
from glasses.lanes import new_job_id
from glasses.ledger import Ledger
from glasses.object_store import ObjectStore, job_prefix
from glasses.patience import Tell, nobody
from glasses.preview import Preview, preview
from glasses.queue import make_app
from glasses.recovery import Repaired, find_stored, repair, stored_jobs
from glasses.redis_client import connect, redis_errors
from glasses.removal import remove_job
from glasses.results import Results
from glasses.schemas import JobSpec, JobStatus
from glasses.settings import Settings, get_settings
from glasses.sources.arguments import Wanted
from glasses.sources.photo import Photo
from glasses.statuses import TERMINAL_JOB_STATES
from glasses.submission import Progress, Submission
from glasses.verdict import FaceChoice, Verdict, check_choice
from glasses.workers import WorkerInfo, common_model, live_workers, redis_time

if TYPE_CHECKING:
    from celery import Celery

_PAUSE_SECONDS = 0.05, 0.25  # at least and at most


class Client:
    """Submits photos and finds jobs.

    Args:
        settings: Where the servers are; by default as every command finds them.
        tell: Called with what is being waited for, when a server does not answer.

    Raises (here and in every method):
        InfrastructureError: A server is not configured, out of reach, or refuses.
    """

    def __init__(self, settings: Settings | None = None, tell: Tell = nobody) -> None:
        self.settings = settings or get_settings()
        self._tell = tell
        self.redis: Redis = connect(self.settings, tell=tell)

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        return ObjectStore(self.settings, self._tell)

    @cached_property
    def _app(self) -> Celery:
        return make_app(self.settings)

    def submit(
        self,
        arguments: str | Path | Sequence[str | Path],
        *,
        name: str | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        threshold: float | None = None,
        faces: FaceChoice = FaceChoice.ANY,
        on_created: Callable[[Job], None] = lambda _job: None,
        on_progress: Callable[[Progress], None] = lambda _progress: None,
        stdin: Iterable[str] | None = None,
        listed: Iterable[str] | None = None,
        in_place: bool = False,
    ) -> Job:
        """Upload photos and queue them.

        Args:
            arguments: One or several folders, files, globs, archives, `s3://bucket/prefix`, or `-`.
            name: For people; by default the first argument.
            include: Globs, see `glasses.walk.walk`.
            exclude: Likewise.
            threshold: Instead of the model's own, 0..1.
            faces: Which faces of a photo decide.
            on_created: Called with the job once a photo is found, before anything is sent.
            on_progress: Called as photos are hashed, uploaded and queued.
            stdin: Lines to read for the argument `-`.
            listed: Paths of files besides.
            in_place: Leave files where they lie; workers, which must see them under the same paths,
                read them there. They must stay as they are until the job has ended.

        Returns:
            The job, everything queued.

        Raises:
            UsageError: An argument does not exist, an option does not fit, a worker may not read
                what stays in place, or there is no photo; then there is no job.
        """
        faces = check_choice(threshold, faces)  # before a folder is searched
        check_name(name)
        several = [arguments] if isinstance(arguments, str | Path) else arguments
        names = [str(argument) for argument in several]
        return self.submit_wanted(
            Wanted(names, listed, include, exclude, stdin, in_place),
            name=name,
            threshold=threshold,
            faces=faces,
            on_created=on_created,
            on_progress=on_progress,
        )

    def submit_wanted(self, wanted: Wanted, *, name: str | None = None, **options: Any) -> Job:
        """As `submit`; which photos is said in one piece."""
        photos = self._photos(wanted)
        return self.submit_photos(photos, name=name or (*wanted.arguments, "a list")[0], **options)

    def submit_photos(
        self,
        photos: Iterable[Photo],
        *,
        name: str,
        job_id: str | None = None,
        threshold: float | None = None,
        faces: FaceChoice = FaceChoice.ANY,
        on_created: Callable[[Job], None] = lambda _job: None,
        on_progress: Callable[[Progress], None] = lambda _progress: None,
    ) -> Job:
        """Upload photos that were found already, and queue them; else as `submit`.

        Args:
            photos: Wherever they lie.
            name: For people.
            job_id: From `new_job_id`, for whoever has to know it before there is a job.
            threshold: See `submit`.
            faces: Likewise.
            on_created: Likewise.
            on_progress: Likewise.

        Raises:
            UsageError: An option does not fit.
        """
        faces = check_choice(threshold, faces)
        with redis_errors(self.settings):
            spec = self._create(job_id or self.new_job_id(), name, threshold, faces)
            job = Job(self, spec.job_id)
            on_created(job)
            submission = Submission(self.settings, self.redis, self.store, self._app, spec)
            submission.run(photos, lambda: on_progress(submission.progress))
        return job

    def preview(
        self, wanted: Wanted, on_progress: Callable[[Preview], None] = lambda _preview: None
    ) -> Preview:
        """What submitting would do; nothing is written anywhere.

        Args:
            wanted: As `submit` takes it apart.
            on_progress: Called as photos are hashed.

        Raises:
            UsageError: An argument does not exist, or there is no photo.
        """
        photos = self._photos(wanted)
        with redis_errors(self.settings):
            found = preview(self.settings, self.redis, photos, on_progress)
            others = [s.pending for s in self.jobs() if s.state not in TERMINAL_JOB_STATES]
            workers = live_workers(self.redis)
        found.forecast = of_photos(found.to_classify, found.model, others, workers)
        return found

    def _photos(self, wanted: Wanted) -> Iterator[Photo]:
        """The photos that are asked for; what does not fit is refused before there is a job."""
        wanted.check(self.settings)
        photos = wanted.photos(self.settings, self._tell)
        if wanted.in_place:
            self.check_in_place(wanted.files())
            photos = in_place.checked(self.workers()[0], photos)
        return wanted.some(photos)

    def check_in_place(self, paths: Iterable[str]) -> None:
        """Refuse to leave files or folders in place that a live worker does not read.

        Args:
            paths: Of this machine, by which the workers must know them, too.

        Raises:
            UsageError: Names the worker and the path.
        """
        in_place.check(self.workers()[0], paths)

    def check(self) -> None:
        """Reach both servers, or raise InfrastructureError."""
        with redis_errors(self.settings):
            self.redis.ping()
        self.store.get(job_prefix("none") + "job.json")

    def new_job_id(self) -> str:
        """An id that no job has."""
        with redis_errors(self.settings):
            return new_job_id(self.redis, Ledger(self.redis).open_job_ids())

    def _create(
        self, job_id: str, name: str, threshold: float | None, faces: FaceChoice
    ) -> JobSpec:
        spec = JobSpec(
            job_id=job_id,
            name=as_name(name),
            created=time.time(),
            chunk_size=self.settings.chunk_size,
            threshold=threshold,
            faces=faces,
            retention_seconds=self.settings.retention_seconds,
        )
        worker = common_model(self.redis)
        JobFiles(self.store).write_spec(spec)
        if threshold is None and worker:
            threshold = worker.threshold
        try:
            Ledger(self.redis).create(spec, worker.model if worker else None, threshold)
        except RedisError:
            self.store.delete(self.store.keys(job_prefix(spec.job_id)))
            raise
        return spec

    def job(self, word: str, newest: bool = False) -> Job:
        """Find a job by its id, an unambiguous beginning of it, or its name.

        Args:
            word: One of these.
            newest: Of several jobs of that very name take the newest, and tell so.

        Raises:
            UsageError: None, or more than one, may be meant.
        """
        with redis_errors(self.settings):
            return Job(self, find(self.redis, word, self._tell if newest else None))

    def named(self, name: str) -> list[str]:
        """The ids of all jobs of that very name, the newest first."""
        with redis_errors(self.settings):
            return named(name, candidates(self.redis))

    def jobs(self) -> list[JobStatus]:
        """All jobs that have not expired, the newest first; those it cannot read are told."""
        found = []
        with redis_errors(self.settings):
            ledger = Ledger(self.redis)
            for job_id in ledger.job_ids():
                try:
                    found.append(ledger.status(job_id))
                except UnreadableJobError as error:
                    self._tell(str(error))
        return found

    def workers(self) -> tuple[list[WorkerInfo], float]:
        """The workers that live, and the time by Redis' clock (Unix time, s)."""
        with redis_errors(self.settings):
            return live_workers(self.redis), redis_time(self.redis)

    def reconcile(self, word: str | None = None) -> list[Repaired]:
        """Queue what is lost at once; rebuild ledgers that Redis lost, from the manifests.

        Args:
            word: One job, as for `job`, or every job that the object store describes.

        Raises:
            UsageError: Neither Redis nor the object store knows the job.
        """
        found = []
        with redis_errors(self.settings):
            chosen = None if word is None else find_stored(self.redis, self.store, word)
            for each in stored_jobs(self.store) if chosen is None else [chosen]:
                try:
                    found.append(repair(self.settings, self.redis, self.store, self._app, each))
                except UnreadableJobError as error:
                    if chosen is not None:
                        raise
                    self._tell(str(error))
        return found

    def close(self) -> None:
        """Close the connections."""
        self.redis.close()
        if "_app" in self.__dict__:
            self._app.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Job:
    """One submitted job."""

    def __init__(self, client: Client, job_id: str) -> None:
        self._client = client
        self.id = job_id

    def status(self) -> JobStatus:
        """Its counters."""
        with redis_errors(self._client.settings):
            return Ledger(self._client.redis).status(self.id)

    def blockage(self, status: JobStatus) -> str | None:
        """Why it does not get on: no worker, or none with its model; None when workers may."""
        with redis_errors(self._client.settings):
            return blockage(self._client.settings, self._client.redis, status)

    def forecast(self, status: JobStatus) -> Forecast:
        """When it will have ended, by the rate that workers report."""
        with redis_errors(self._client.settings):
            workers = live_workers(self._client.redis)
        return forecast(status, self._client.jobs(), workers)

    def wait(self, timeout: float | None = None) -> JobStatus:
        """Wait until the job has ended.

        Args:
            timeout: In s; None waits for ever.

        Raises:
            WaitTimeoutError: It had not ended by then. It goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.status()).state not in TERMINAL_JOB_STATES:
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimeoutError(
                    f"job {self.id} has {status.pending} photos to go; it goes on. "
                    f"`glasses watch {self.id}` follows it."
                )
            time.sleep(pause(status))
        return status

    def verdicts(self) -> Iterator[Verdict]:
        """The verdicts that there are, in the order of submission."""
        with redis_errors(self._client.settings):
            yield from self._results().in_order()

    def judged(self) -> Iterator[Judged]:
        """The photos that have a verdict, with their paths, in the order of submission."""
        with redis_errors(self._client.settings):
            yield from self._results().judged()

    def follow(self) -> Iterator[list[Verdict]]:
        """Batches of verdicts as they arrive, until the job has ended; [] at quiet moments."""
        with redis_errors(self._client.settings):
            yield from self._results().follow()

    def cancel(self) -> JobStatus:
        """Stop the job: photos without a verdict become cancelled."""
        with redis_errors(self._client.settings):
            Ledger(self._client.redis).cancel(self.id)
        return self.status()

    def remove(self) -> int:
        """Remove the job with its photos and verdicts; returns how many photos were removed."""
        with redis_errors(self._client.settings):
            return remove_job(self._client.redis, self._client.store, self.id).photos

    def _results(self) -> Results:
        return Results(self._client.redis, self._client.store, self.id)


def pause(status: JobStatus) -> float:
    """How long to wait (s) before a job is asked about again: the nearer its end, the shorter."""
    least, most = _PAUSE_SECONDS
    return min(most, max(least, status.pending / 1000))

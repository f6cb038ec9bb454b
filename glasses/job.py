"""One submitted job in the Python API: counts, verdicts, waiting, pausing, cancelling, removing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from glasses.errors import InfrastructureError, UnknownJobError, UsageError, WaitTimeoutError
from glasses.jobs.forecast import Forecast, forecast
from glasses.jobs.redis_errors import translate_redis_errors
from glasses.jobs.removal import remove_job
from glasses.jobs.results import Results
from glasses.ledger import Ledger, Snapshot, reclaim
from glasses.ledger.redis_client import flush
from glasses.ledger.stall_reason import stall_reason
from glasses.ledger.workers import live_workers
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import TERMINAL_JOB_STATES, JobState
from glasses.protocol.verdict import Verdict
from glasses.storage.manifest import ManifestStore

if TYPE_CHECKING:
    from glasses.client import Client

_MIN_PAUSE_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 0.25
_WORKER_REPAIR_SECONDS = 20.0
"""Time for workers to repair a loss first: they notice within 2 s and ask again every 10 s."""


class Job:
    """One submitted job, as `Client.submit` and `Client.job` return it."""

    def __init__(self, client: Client, job_id: str) -> None:
        self._client = client
        self.settings = client.settings
        self.id = job_id
        self._broken_since: float | None = None

    @translate_redis_errors
    def status(self) -> JobStatus:
        """Return the counts of the job."""
        return self._inspect().status

    def _inspect(self) -> Snapshot:
        """Return a snapshot of the job, after repairing what Redis lost of it.

        Workers repair a partly lost job, or one whose submitter died, within seconds, so it is left
        to them at first if there are any.

        Raises:
            UnknownJobError: Neither Redis nor the object store knows the job.
        """
        ledger = Ledger(self._client.redis)
        try:
            snapshot = ledger.inspect(self.id)
        except UnknownJobError as error:
            self._client.find_lost(self.id, error)
            return ledger.inspect(self.id)
        if not snapshot.needs_repair:
            self._broken_since = None
            return snapshot
        now = time.monotonic()
        if self._broken_since is None:
            self._broken_since = now
            if live_workers(self._client.redis):
                return snapshot
        elif now - self._broken_since <= _WORKER_REPAIR_SECONDS:
            return snapshot
        self._broken_since = now
        with suppress(InfrastructureError):  # retried after the same delay
            self._client.repair(self.id, wait_seconds=0)
        return ledger.inspect(self.id)

    @translate_redis_errors
    def stall_reason(self, status: JobStatus) -> str | None:
        """Return why no worker takes the job (none runs, or none has its model), or None."""
        return stall_reason(self.settings, self._client.redis, status)

    @translate_redis_errors
    def forecast(self, status: JobStatus) -> Forecast:
        """Estimate when the job will end, from the rates that workers report."""
        workers = live_workers(self._client.redis)
        return forecast(status, self._client.jobs(), workers)

    def wait(
        self,
        timeout: float | None = None,
        on_progress: Callable[[JobStatus], None] = lambda _status: None,
    ) -> JobStatus:
        """Wait until the job has ended and return its counts.

        Its state is then `done`, `cancelled` or `incomplete`; only a job that is done has all its
        verdicts.

        Args:
            timeout: In s; None waits without limit.
            on_progress: Called with the counts several times a second, the last time when the job
                has ended. If it raises an exception, `wait` does; the job continues.

        Raises:
            WaitTimeoutError: The job has not ended within `timeout`. It continues.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            status = self.status()
            on_progress(status)
            if status.state in TERMINAL_JOB_STATES:
                return status
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimeoutError(
                    f"job {self.id} still has {status.pending} pending photos and continues. "
                    f"Run `glasses watch {self.id}` to follow it."
                )
            time.sleep(pause(status))

    @translate_redis_errors
    def verdicts(self) -> Iterator[Verdict]:
        """Yield the verdicts recorded so far, in submission order."""
        yield from self._results().in_order()

    @translate_redis_errors
    def photo_results(self) -> Iterator[PhotoResult]:
        """Yield the photos that have a verdict, with their paths, in submission order."""
        yield from self._results().photo_results()

    @translate_redis_errors
    def follow(self) -> Iterator[list[Verdict]]:
        """Yield batches of verdicts as they arrive until the job has ended.

        A batch is empty when nothing has arrived within a second.
        """
        yield from self._results().follow()

    @translate_redis_errors
    def cancel(self) -> JobStatus:
        """Cancel the photos that have no verdict yet, and return the counts."""
        Ledger(self._client.redis).cancel(self.id)
        flush(self._client.redis)
        status = self.status()
        if status.state is JobState.CANCELLED:
            # The marker keeps the job cancelled if Redis loses everything and it is rebuilt.
            self._write_mark(ManifestStore.write_cancelled)
        return status

    @translate_redis_errors
    def pause(self) -> JobStatus:
        """Start no further photo of the job until it is resumed, and return the counts.

        What workers are processing is finished and recorded; photos may still be submitted. The
        job expires its retention after its last change, which may be this one: see
        `JobStatus.expires`.

        Raises:
            UsageError: The job has ended.
        """
        Ledger(self._client.redis).pause(self.id)
        flush(self._client.redis)
        status = self._unfinished("paused")
        # The mark keeps the job paused if Redis loses everything and it is rebuilt.
        self._write_mark(ManifestStore.write_paused)
        return status

    @translate_redis_errors
    def resume(self) -> JobStatus:
        """Continue a paused job, and return the counts; one that is not paused does not change.

        Raises:
            UsageError: The job has ended.
        """
        self._unfinished("resumed")
        ManifestStore(self._client.store).delete_paused(self.id)
        Ledger(self._client.redis).resume(self.id)
        flush(self._client.redis)
        # Not left to the workers: where they start and stop with the queue, none may be running.
        while reclaim(self._client.redis, self.id).queued:
            pass
        return self.status()

    def _write_mark(self, write: Callable[[ManifestStore, str], None]) -> None:
        manifests = ManifestStore(self._client.store)
        write(manifests, self.id)
        if manifests.spec(self.id) is None:  # removed in the meantime
            manifests.delete_marks(self.id)

    def _unfinished(self, change: str) -> JobStatus:
        status = self.status()
        if status.state in TERMINAL_JOB_STATES:
            raise UsageError(
                f"job {self.id} is {status.state}: only a job that has not ended can be {change}"
            )
        return status

    @translate_redis_errors
    def remove(self) -> int:
        """Remove the job with its photos and verdicts; return the number of removed photos."""
        return remove_job(self._client.redis, self._client.store, self.id).photos

    def _results(self) -> Results:
        return Results(self._client.redis, self._client.store, self.id, self._inspect)


def pause(status: JobStatus) -> float:
    """Return how long to wait (s) before the next poll: shorter as the job nears its end."""
    return min(_MAX_PAUSE_SECONDS, max(_MIN_PAUSE_SECONDS, status.pending / 1000))

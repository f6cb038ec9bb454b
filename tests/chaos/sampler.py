"""Reads the status of all jobs again and again while faults are injected."""

from __future__ import annotations

import threading

from glasses.client import Client
from glasses.errors import GlassesError
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import JobState
from tests.chaos.cluster import Cluster, TrackedJob
from tests.chaos.plan import Report

_SECONDS = 0.2
"""Seconds between two samples of all jobs."""
_COUNTS = (
    "submitted", "classified", "no_face", "failed", "cancelled", "pending", "with_glasses",
)  # fmt: skip


class Sampler(threading.Thread):
    """Records each job with a status that broke a guarantee.

    Args:
        cluster: Its jobs are read.
    """

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(name="sampler", daemon=True)
        self._cluster = cluster
        self._stopped = threading.Event()
        self._found: dict[tuple[str, str], str] = {}
        self.samples = 0

    def run(self) -> None:
        """Sample until `stop` is called."""
        with Client(self._cluster.client.settings) as client:
            while not self._stopped.wait(_SECONDS):
                for job_id, job in list(self._cluster.jobs.items()):
                    self._read(client, job_id, job)

    def stop(self) -> None:
        """Stop sampling."""
        self._stopped.set()
        self.join(10)

    def judge(self, report: Report) -> None:
        """Count the jobs that broke a guarantee."""
        report.samples = self.samples
        for (job_id, violation), example in self._found.items():
            report.count(violation, f"{job_id}: {example}")

    def _read(self, client: Client, job_id: str, job: TrackedJob) -> None:
        try:
            status = client.job(job_id).status()
        except GlassesError:
            return  # not there yet, lost, removed, or no server: the end decides
        self.samples += 1
        for violation in violations(status, job):
            self._found.setdefault((job_id, violation), repr(status))


def violations(status: JobStatus, job: TrackedJob) -> list[str]:
    """Return the guarantees that a status violates."""
    rows = status.classified + status.no_face + status.failed
    found = []
    if any(getattr(status, name) < 0 for name in _COUNTS):
        found.append("negative")
    if status.submitted != rows + status.cancelled + status.pending:
        found.append("broken")
    if status.state is JobState.DONE and rows < len(job.photos.expected):
        found.append("premature")
    return found

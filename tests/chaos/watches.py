"""One real `glasses watch JOB --json` per job; each must exit by itself."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glasses.errors import ExitCode
from glasses.protocol.statuses import TERMINAL_JOB_STATES, JobState
from tests.chaos.cluster import Cluster, TrackedJob, start_command
from tests.chaos.plan import Report

_ENDED_CODES = {ExitCode.SUCCESS, ExitCode.FAILED, ExitCode.NO_VERDICT}
"""Exit codes of a watch whose job has ended."""
_AGAIN_SECONDS = 1.0
"""Seconds between a watch that found no job or no server and the next one."""


@dataclass(slots=True)
class _Watch:
    process: subprocess.Popen[bytes] | None = None
    again: float = 0
    started_when_due: bool = False
    result: tuple[int, dict[str, Any]] | None = None
    last_refusal: str = ""
    refusals: list[str] = field(default_factory=list)


class Watches:
    """The watches of a campaign.

    Args:
        cluster: Its jobs are watched.
        home: For output.
    """

    def __init__(self, cluster: Cluster, home: Path) -> None:
        self._cluster = cluster
        self._home = home
        self._watches: dict[str, _Watch] = {}

    def tend(self) -> None:
        """Start a watch for each new job; read the results of those that exited."""
        for job_id, job in list(self._cluster.jobs.items()):
            watch = self._watches.setdefault(job_id, _Watch())
            if watch.process and watch.process.poll() is not None:
                self._ended(job_id, watch)
            if self._is_wanted(job, watch) and time.monotonic() > watch.again:
                self._start(job_id, watch)

    @property
    def running(self) -> int:
        """Return the number of watches that have not exited."""
        return sum(watch.process is not None for watch in self._watches.values())

    def judge(self, report: Report) -> None:
        """Count the watches that did not exit as documented."""
        for job_id, watch in self._watches.items():
            job = self._cluster.jobs[job_id]
            if watch.process:
                report.count("watches_not_ended", f"{job_id}: still runs")
            elif watch.refusals and not self._cluster.flushed:
                report.count("watches_not_ended", f"{job_id}: {watch.refusals[0]}")
            elif watch.result:
                _judge(job_id, job, *watch.result, report)
            elif job.is_due:
                report.count("watches_not_ended", f"{job_id}: {watch.last_refusal}")

    def end(self) -> None:
        """Kill the remaining watches."""
        for watch in self._watches.values():
            if watch.process:
                watch.process.kill()
                watch.process.wait()

    def _is_wanted(self, job: TrackedJob, watch: _Watch) -> bool:
        if watch.process or watch.result or job.removed:
            return False
        # An abandoned job may be unknown for good, and a watch may say so.
        return not (job.abandoned and watch.last_refusal)

    def _start(self, job_id: str, watch: _Watch) -> None:
        watch.started_when_due = self._cluster.jobs[job_id].is_due
        with self._output(job_id).open("wb") as out, self._errors(job_id).open("wb") as err:
            watch.process = start_command(
                self._cluster.settings, "watch", job_id, "--json", out=out, err=err
            )

    def _ended(self, job_id: str, watch: _Watch) -> None:
        assert watch.process
        code = watch.process.returncode
        watch.process = None
        stderr = self._errors(job_id).read_text()
        self._cluster.check_exit(["watch", job_id], code, stderr)
        output = self._output(job_id).read_text()
        if code in _ENDED_CODES and output:
            watch.result = code, json.loads(output)
            return
        watch.again = time.monotonic() + _AGAIN_SECONDS
        watch.last_refusal = f"exit code {code}: {stderr.strip()[-300:]}"
        if watch.started_when_due and not self._cluster.jobs[job_id].removed:
            watch.refusals.append(watch.last_refusal)

    def _output(self, job_id: str) -> Path:
        return self._home / f"watch-{job_id}.out"

    def _errors(self, job_id: str) -> Path:
        return self._home / f"watch-{job_id}.err"


def _judge(job_id: str, job: TrackedJob, code: int, status: dict[str, Any], report: Report) -> None:
    """Check what a watch printed last against its exit code and the number of photos."""
    documented = ExitCode.FAILED if status["failed"] else ExitCode.SUCCESS
    if status["state"] != JobState.DONE:
        documented = ExitCode.NO_VERDICT
    if code != documented or status["state"] not in TERMINAL_JOB_STATES:
        report.count("watches_not_ended", f"{job_id}: exit code {code} with {status}")
    ended = sum(status[name] for name in ("classified", "no_face", "failed", "cancelled"))
    if status["complete"] and ended < len(job.photos.expected):
        report.count("premature", f"{job_id}: watch ended with {status}")

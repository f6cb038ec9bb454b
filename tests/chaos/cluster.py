"""The processes of a campaign: two servers, workers, submitters and watches. All are real."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.errors import ExitCode
from infra.local.workers import environment
from tests.chaos.photo_set import PhotoSet
from tests.support.commands import glasses
from tests.support.stack import Stack
from tests.support.workers import Worker

if TYPE_CHECKING:
    from tests.chaos.clock import Clock
    from tests.chaos.network import Network
    from tests.chaos.power_cut import WriteHistory
    from tests.chaos.replica import Replica

LEASE_SECONDS = 2.0
_MAX_TRIES = 30
_EXIT_CODES = set(ExitCode) - {ExitCode.INTERRUPTED}


@dataclass(slots=True)
class TrackedJob:
    """A job whose id a submitter has printed.

    Attributes:
        photos: What was submitted.
        submitted: The submitter exited with 0, so each photo must have a row.
        abandoned: The submitter failed or was killed.
        cancelled: A user cancelled the job.
        removed: A user removed the job.
    """

    photos: PhotoSet
    submitted: bool = False
    abandoned: bool = False
    cancelled: bool = False
    removed: bool = False

    @property
    def is_due(self) -> bool:
        """Return whether each of its photos must have a row in the end."""
        return self.submitted and not (self.cancelled or self.removed)


class Submitter:
    """A `glasses submit --detach`, run again until it exits with 0."""

    def __init__(self, photos: PhotoSet, options: Sequence[str], settings: Settings) -> None:
        self.photos = photos
        self.tries = 0
        self._options = options
        self._settings = settings
        self.start()

    def start(self) -> None:
        """Run the command (again)."""
        self.tries += 1
        name = f"{self.photos.folder.name}-submit-{self.tries}"
        self._out = self.photos.folder.with_name(name + ".out")
        self._err = self.photos.folder.with_name(name + ".err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = start_command(
                self._settings, "submit", str(self.photos.folder), "--detach", *self._options,
                out=out, err=err,
            )  # fmt: skip

    @property
    def job_id(self) -> str:
        """Return the id that it has printed, or ''."""
        text = self._out.read_text()
        return text.strip() if text.endswith("\n") else ""

    @property
    def stderr(self) -> str:
        """Return what it has printed on stderr."""
        return self._err.read_text()


class Cluster:
    """The processes of one campaign.

    Args:
        stack: The servers.
        home: A folder for logs.
        settings: How workers and commands reach the servers.
        reconciler: False disables the reconciler of the workers.
    """

    def __init__(self, stack: Stack, home: Path, settings: Settings, reconciler: bool) -> None:
        self.stack = stack
        changes = {"lease_seconds": LEASE_SECONDS, "read_folders": str(home)}
        self.settings = settings.model_copy(update=changes)
        self.workers: list[Worker] = []
        self.jobs: dict[str, TrackedJob] = {}
        self.submitters: list[Submitter] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.flushed = False
        self.submitted_again = 0
        self.mistakes: list[str] = []
        self.submit_more: Callable[[], None] = lambda: None
        self.replenish: Callable[[], None] = lambda: None
        self.watch: Callable[[], None] = lambda: None
        self.write_history: WriteHistory
        self.replica: Replica | None = None
        self.clock: Clock | None = None
        self.network: Network | None = None
        self._leaving: list[Worker] = []
        self._home = home
        self._started = 0
        self._submitted = 0
        self._replicas = 0
        self._variables = {} if reconciler else {"TEST_NO_RECONCILER": "1"}
        direct = stack.settings.model_copy(update=changes)
        self.client = Client(direct)

    def start_worker(self) -> None:
        """Start a worker with one process."""
        self._started += 1
        log = self._home / f"worker-{self._started}.log"
        self.workers.append(
            Worker(self.settings, log, 1, poisonable=True, environment_=self._variables)
        )

    def let_go(self, worker: Worker) -> None:
        """Ask a worker to exit, without waiting."""
        self.workers.remove(worker)
        self._leaving.append(worker)
        worker.process.terminate()

    def submit(self, photos: PhotoSet) -> None:
        """Start `glasses submit`; every other one leaves the photos in place."""
        self._submitted += 1
        options = ["--in-place"] if self._submitted % 2 == 0 else []
        self.submitters.append(Submitter(photos, options, self.settings))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, as a user does."""
        done = glasses(*arguments, settings=self.settings)
        self.log(f"glasses {' '.join(arguments)}: {done.returncode} {done.stderr[-200:]!r}")
        self.check_exit(arguments, done.returncode, done.stderr)
        return done

    def check_exit(self, arguments: Sequence[str], code: int, stderr: str) -> None:
        """Note a command that printed a traceback or exited with an undocumented code."""
        if "Traceback" in stderr or code not in _EXIT_CODES:
            end = stderr.strip().splitlines()[-1:]
            self.mistakes.append(f"glasses {' '.join(arguments)}: exit code {code}: {end}")

    @property
    def abandoned(self) -> list[str]:
        """Return the jobs whose submitter failed or was killed."""
        return [job_id for job_id, job in self.jobs.items() if job.abandoned]

    def attach_replica(self) -> None:
        """Start a replica of the running Valkey."""
        from tests.chaos.replica import Replica

        self._replicas += 1
        self.replica = Replica(self.stack, self._home / f"valkey-{self._replicas}")

    def log(self, text: str) -> None:
        """Add a line to the campaign's log."""
        with (self._home / "campaign.log").open("a") as log:
            log.write(f"{time.monotonic():.1f} {text}\n")

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Schedule a function that `tend` calls later."""
        self.later.append((time.monotonic() + seconds, act))

    def tend(self) -> None:
        """Do what is due: submit more, start watches, run failed submitters again."""
        now = time.monotonic()
        due = [act for when, act in self.later if when <= now]
        self.later = [(when, act) for when, act in self.later if when > now]
        for act in due:
            act()
        for worker in self.workers:
            assert worker.process.poll() is None, f"a worker exited unexpectedly: {worker.log}"
        for submitter in list(self.submitters):
            self._note(submitter)
        self.replenish()
        self.watch()

    def end(self) -> None:
        """Kill everything but the servers."""
        if self.replica:
            self.replica.end()
        for submitter in self.submitters:
            submitter.process.kill()
            submitter.process.wait()
        for worker in [*self.workers, *self._leaving]:
            worker.discard()
        self.client.close()

    def _note(self, submitter: Submitter) -> None:
        code = submitter.process.poll()
        job_id = submitter.job_id
        job = self.jobs.setdefault(job_id, TrackedJob(submitter.photos)) if job_id else None
        if code is None:
            return
        if code == 0:
            assert job, submitter.stderr
            job.submitted = True
            self.submitters.remove(submitter)
            return
        if code != -9:  # else this harness killed it
            self.check_exit(["submit"], code, submitter.stderr)
        if job:
            job.abandoned = True
        assert submitter.tries < _MAX_TRIES, submitter.stderr
        self.submitted_again += 1
        submitter.start()


def start_command(
    settings: Settings, *arguments: str, out: IO[bytes], err: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a command in a separate process."""
    return subprocess.Popen(
        [sys.executable, "-m", "producer", *arguments],
        env=os.environ | environment(settings), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
    )  # fmt: skip

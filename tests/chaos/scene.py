"""What trouble is made to: two servers, some workers, some submitters. All real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from glasses.client import Client
from glasses.settings import Settings
from infra.local.workers import environment
from tests.chaos.pile import Pile
from tests.support.stack import Stack
from tests.support.workers import Worker

LEASE_SECONDS = 2.0
_TRIES = 20


@dataclass(slots=True)
class Submitter:
    """A `glasses submit` that runs, or that has ended."""

    pile: Pile
    options: Sequence[str]
    process: subprocess.Popen[str]
    tries: int = 1


class Scene:
    """The processes of one campaign."""

    def __init__(self, stack: Stack, home: Path, reconciler: bool) -> None:
        self.stack = stack
        changes = {"lease_seconds": LEASE_SECONDS, "read_folders": str(home)}
        self.settings: Settings = stack.settings.model_copy(update=changes)
        self.workers: list[Worker] = []
        self.jobs: dict[str, Pile] = {}
        self.abandoned: list[str] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self._submitters: list[Submitter] = []
        self._leaving: list[Worker] = []
        self._home = home
        self._started = 0
        self._submitted = 0
        self._without = {} if reconciler else {"TEST_NO_RECONCILER": "1"}
        self.client = Client(self.settings)

    def start_worker(self) -> Worker:
        """A worker of one process."""
        self._started += 1
        log = self._home / f"worker-{self._started}.log"
        worker = Worker(self.settings, log, 1, cursed=True, environment_=self._without)
        self.workers.append(worker)
        return worker

    def let_go(self, worker: Worker) -> None:
        """Ask a worker to end; do not wait."""
        self.workers.remove(worker)
        self._leaving.append(worker)
        worker.process.terminate()

    def submit(self, pile: Pile) -> None:
        """`glasses submit`, as a process of its own; every other pile stays where it lies."""
        self._submitted += 1
        options = ["--in-place"] if self._submitted % 2 == 0 else []
        self._submitters.append(Submitter(pile, options, self._submit(pile, options)))

    def look_after(self) -> None:
        """Do what is due; take note of submitters that ended, and run again those that failed."""
        now = time.monotonic()
        due = [act for when, act in self.later if when <= now]
        self.later = [(when, act) for when, act in self.later if when > now]
        for act in due:
            act()
        for worker in self.workers:
            assert worker.process.poll() is None, f"a worker ended unbidden: {worker.log}"
        for submitter in list(self._submitters):
            if submitter.process.poll() is None:
                continue
            out, err = submitter.process.communicate()
            job_id = out.strip()
            if submitter.process.returncode == 0:
                self._submitters.remove(submitter)
                self.jobs[job_id] = submitter.pile
                continue
            # What a user does: the same command again.
            assert submitter.tries < _TRIES, err
            assert "Traceback" not in err, err
            if job_id:
                self.abandoned.append(job_id)
            submitter.tries += 1
            submitter.process = self._submit(submitter.pile, submitter.options)

    @property
    def submitting(self) -> int:
        """How many submitters run."""
        return len(self._submitters)

    def end(self) -> None:
        """End everything but the servers."""
        for submitter in self._submitters:
            submitter.process.kill()
            submitter.process.communicate()
        for worker in [*self.workers, *self._leaving]:
            worker.kill()
            worker.stop()
        self.client.close()

    def _submit(self, pile: Pile, options: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "producer", "submit", str(pile.folder), "--detach", *options],
            env=os.environ | environment(self.settings),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


def rows(settings: Settings, job_id: str) -> list[dict[str, object]]:
    """What `glasses results` prints of a job."""
    done = subprocess.run(
        [sys.executable, "-m", "producer", "results", job_id, "--format", "jsonl"],
        env=os.environ | environment(settings), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]

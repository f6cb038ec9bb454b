"""What happens to a deployment of Compose: jobs, a kill, scaling, an update, a report."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.containers import photos
from tests.containers.engine import Compose, Engine, report
from tests.containers.images import EDITED

_READER = 12345
"""A user of the host whose photos nobody else can read."""


class Scenario:
    """Runs the steps in order. Each prints a line, or raises AssertionError.

    Args:
        engine: The container engine.
        compose: The project, which is down.
        work: Folder for what the steps write.
        large: Photos of the large job.
    """

    def __init__(self, engine: Engine, compose: Compose, work: Path, large: Path) -> None:
        self._engine = engine
        self._compose = compose
        self._work = work
        self._large = large

    def run(self) -> None:
        """Run all steps."""
        self._up()
        self._start_times()
        job = self._small_job()
        self._private_photos_and_a_report(job)
        self._large_job()

    def _up(self) -> None:
        started = time.monotonic()
        self._compose("up", "--detach", "--no-build", "valkey", "s3", "bucket", "worker")
        _wait(lambda: self._beating() == 2)
        report(f"up with 2 workers: {time.monotonic() - started:.1f} s")

    def _start_times(self) -> None:
        started = time.monotonic()
        self._engine("run", "--rm", "glasses-producer", "--help")
        report(f"glasses --help in a container: {time.monotonic() - started:.1f} s")
        (worker, _) = self._compose.containers("worker")
        started = time.monotonic()
        self._engine("restart", worker)
        _wait(lambda: self._beats(worker))
        report(f"restart of a worker to its heartbeat: {time.monotonic() - started:.1f} s")
        usage = self._engine("stats", "--no-stream", "--format", "{{.MemUsage}}", worker)
        report(f"memory of an idle worker: {usage.split(' / ')[0]}")

    def _small_job(self) -> str:
        mount = [f"--volume={photos.DEMO}:/photos:ro"]
        answer = self._compose.glasses("submit", "/photos", "--detach", "--json", options=mount)
        job = str(json.loads(answer.splitlines()[0])["job_id"])
        found = self._rows(job, photos.DEMO)
        assert found == photos.classified(photos.DEMO), "rows differ from `glasses classify`"
        report(f"job of {len(found)} demo photos: rows as `glasses classify`")
        return job

    def _private_photos_and_a_report(self, job: str) -> None:
        folder = self._work / "private"
        folder.mkdir(exist_ok=True)
        photo = folder / "photo.jpg"
        photo.write_bytes((photos.DEMO / "hopper.jpg").read_bytes() + b"private")
        user = os.getuid()
        if not user:  # Root may give files away; others keep their own.
            user = _READER
            os.chown(folder, user, user)
            os.chown(photo, user, user)
        folder.chmod(0o700)
        photo.chmod(0o600)
        as_user = [f"--user={user}:{user}", f"--volume={folder}:/output"]
        answer = self._compose.glasses("submit", "/output/photo.jpg", "--json", options=as_user)
        counts = [line for line in answer.splitlines() if '"classified"' in line]
        assert json.loads(counts[-1])["classified"] == 1, answer
        self._compose.glasses(
            "report", job, "--no-thumbnails", "--output", "/output/report.html", options=as_user
        )
        page = folder / "report.html"
        assert page.stat().st_uid == user
        size = page.stat().st_size / 1000
        report(f"with --user: a photo of mode 0600 read, a report of {size:.0f} kB written")

    def _large_job(self) -> None:
        expected = photos.classified(self._large)
        mount = [f"--volume={self._large}:/photos:ro"]
        started = time.monotonic()
        answer = self._compose.glasses("submit", "/photos", "--detach", "--json", options=mount)
        job = str(json.loads(answer.splitlines()[0])["job_id"])
        first = self._compose.containers("worker")
        self._engine("kill", first[0])
        report(f"worker killed with {self._pending(job)} of {len(expected)} photos pending")
        self._compose("up", "--detach", "--no-build", "--no-deps", "--scale", "worker=3", "worker")
        report(f"scaled to 3 with {self._pending(job)} photos pending")
        old = set(self._compose.containers("worker"))
        self._engine("tag", EDITED, "glasses-worker:latest")
        self._compose("up", "--detach", "--no-build", "--no-deps", "--scale", "worker=3", "worker")
        new = set(self._compose.containers("worker"))
        assert len(new) == 3
        assert not old & new, "every container is replaced"
        pending = self._pending(job)
        assert pending, "the job was done before the update: give it more --photos"
        report(f"image updated with {pending} photos pending")
        found = self._rows(job, self._large)
        assert found == expected, "rows differ from `glasses classify`"
        seconds = time.monotonic() - started
        report(f"job of {len(found)} photos: {seconds:.0f} s, rows as `glasses classify`")

    def _rows(self, job: str, folder: Path) -> list[dict[str, object]]:
        """Wait for a job and return its rows, with this machine's paths."""
        self._compose.glasses("watch", job, "--json")
        text = self._compose.glasses("results", job, "--format", "jsonl")
        return photos.rows(text.replace('"/photos/', f'"{folder}/'))

    def _pending(self, job: str) -> int:
        answer = self._compose.glasses("status", job, "--json")
        return int(json.loads(answer)["pending"])

    def _beating(self) -> int:
        return sum(map(self._beats, self._compose.containers("worker")))

    def _beats(self, container: str) -> bool:
        """Return whether the heartbeat is one of the container's present process."""
        probe = 'test "$(cat heartbeat)" = "$(cut -d \' \' -f 22 /proc/1/stat)"'
        try:
            self._engine("exec", container, "sh", "-c", probe)
        except RuntimeError:
            return False
        return True


def _wait(condition: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "a worker did not start"
        time.sleep(0.1)

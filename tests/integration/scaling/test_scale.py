"""More and fewer workers in the middle of a job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses import keys
from glasses.client import Client
from glasses.settings import Settings, load_settings
from infra.local import seaweed
from infra.local.processes import find_marked, stop
from infra.local.ps import ps
from infra.local.stack import up
from infra.local.workers import environment
from tests.support.gated import Gate
from tests.support.waiting import wait_until


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = (tmp_path / "home").resolve()
    yield folder
    stop([], [identity for _, identity in find_marked(folder)], patience=0)
    seaweed.remove_sockets(folder)


def glasses(*arguments: str, code: int = 0, **variables: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "producer", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert ended.returncode == code, ended.stderr
    return ended.stdout


def mixed(folder: Path, demo_photos: Path, count: int) -> Path:
    """Photos with and without glasses, without a face, and broken; each with a mark of its own."""
    whole = [demo_photos / name for name in ("collins-glasses.jpg", "collins.jpg", "cat.jpg")]
    ends = [path.read_bytes() for path in whole]
    ends.append((demo_photos / "hopper-alpha.png").read_bytes()[:9000])
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04d}.jpg").write_bytes(ends[number % len(ends)] + b"#%d" % number)
    return folder


def test_the_local_stack_grows_and_shrinks_in_the_middle_of_a_job_and_loses_nothing(
    home: Path, tmp_path: Path, demo_photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(tmp_path / "gate", real=True)
    gate.close()
    with monkeypatch.context() as patched:
        for name, value in gate.environment.items():
            patched.setenv(name, value)
        stack = up(home, 1, load_settings()).stack
    photos = mixed(tmp_path / "in", demo_photos, 60)
    with Client(load_settings(**stack.settings, chunk_size=4)) as client:
        job = client.submit([photos])

        def running() -> int:
            return int(client.redis.zcard(keys.due(job.id)))

        wait_until(lambda: running() == 1)
        glasses("scale", "4", GLASSES_HOME=str(home))
        wait_until(lambda: running() == 4)
        assert sum(worker.processes for worker in client.workers()[0]) == 4
        glasses("scale", "1", GLASSES_HOME=str(home))
        assert [p.state for p in ps(home) if p.name.startswith("worker")] == ["running", "leaving"]
        gate.open()
        status = job.wait(120)
        assert (status.submitted, status.pending, status.cancelled) == (60, 0, 0)
        assert (status.classified, status.no_face, status.failed) == (30, 15, 15)
        followed = [verdict.image for batch in job.follow() for verdict in batch]
        assert len(followed) == len(set(followed)) == 60, "one verdict a photo"
        rows = glasses("results", job.id, "--format", "jsonl", code=1, GLASSES_HOME=str(home))
        assert rows == glasses("classify", str(photos), "--format", "jsonl", code=1), (
            "as in one process that nobody disturbs"
        )
        assert sorted(map(int, gate.seen)) == list(range(60)), (
            "those that left finished their chunks: nothing ran twice"
        )
        wait_until(lambda: [p.name for p in ps(home)].count("worker-2") == 0)
        (left,) = client.workers()[0]
        assert (left.processes, left.repeated, left.died, left.reconciled) == (1, 0, 0, 0)


def test_elsewhere_it_says_the_command_and_runs_it_on_demand(
    settings: Settings, tmp_path: Path
) -> None:
    tool = tmp_path / "kubectl"
    tool.write_text('#!/bin/sh\necho "$@" > "$TEST_RAN"\n')
    tool.chmod(0o755)
    variables = {
        **environment(settings),
        "GLASSES_HOME": str(tmp_path),
        "GLASSES_DEPLOYMENT": "kubernetes",
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TEST_RAN": str(tmp_path / "ran"),
    }
    line = "--namespace=glasses scale deployment/glasses-worker --replicas=7\n"
    assert glasses("scale", "7", "--apply", **variables) == f"kubectl {line}"
    assert (tmp_path / "ran").read_text() == line
    (tmp_path / "ran").unlink()
    glasses("scale", "7", **variables)
    assert not (tmp_path / "ran").exists()
    del variables["GLASSES_DEPLOYMENT"]
    assert len(glasses("scale", "7", **variables).splitlines()) == 3, "one for each"

"""`glasses scale` changes the number of workers while a job runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings, load_settings
from glasses.ledger import keys
from infra.local import seaweed
from infra.local.process import find_marked, stop
from infra.local.ps import ps
from infra.local.stack import up
from infra.local.workers import environment
from tests.support.commands import glasses_output
from tests.support.gate import Gate
from tests.support.wait import wait_until


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = (tmp_path / "home").resolve()
    yield folder
    stop([], [identity for _, identity in find_marked(folder)], timeout=0)
    seaweed.remove_sockets(folder)


def mixed(folder: Path, demo_photos: Path, count: int) -> Path:
    """Make photos with and without glasses, without a face, and corrupt, each with a mark."""
    whole = [demo_photos / name for name in ("collins-glasses.jpg", "collins.jpg", "cat.jpg")]
    ends = [path.read_bytes() for path in whole]
    ends.append((demo_photos / "hopper-alpha.png").read_bytes()[:9000])
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04d}.jpg").write_bytes(ends[number % len(ends)] + b"#%d" % number)
    return folder


def test_the_local_stack_scales_up_and_down_during_a_job_and_loses_nothing(
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
            return int(client.redis.zcard(keys.leases(job.id)))

        wait_until(lambda: running() == 1)
        glasses_output("scale", "4", home=home)
        wait_until(lambda: running() == 4)
        assert sum(worker.processes for worker in client.workers()[0]) == 4
        glasses_output("scale", "1", home=home)
        assert [p.state for p in ps(home) if p.name.startswith("worker")] == ["running", "draining"]
        gate.open()
        status = job.wait(120)
        assert (status.submitted, status.pending, status.cancelled) == (60, 0, 0)
        assert (status.classified, status.no_face, status.failed) == (30, 15, 15)
        followed = [verdict.image for batch in job.follow() for verdict in batch]
        assert len(followed) == len(set(followed)) == 60, "one verdict a photo"
        rows = glasses_output("results", job.id, "--format", "jsonl", code=1, home=home)
        assert rows == glasses_output("classify", str(photos), "--format", "jsonl", code=1), (
            "as in one process that nobody disturbs"
        )
        assert sorted(map(int, gate.seen)) == list(range(60)), (
            "those that left finished their chunks: nothing ran twice"
        )
        wait_until(lambda: [p.name for p in ps(home)].count("worker-2") == 0)
        (left,) = client.workers()[0]
        assert (left.processes, left.repeated, left.died, left.reconciled) == (1, 0, 0, 0)


def test_other_deployments_print_their_command_and_run_it_with_apply(
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
    assert glasses_output("scale", "7", "--apply", variables=variables) == f"kubectl {line}"
    assert (tmp_path / "ran").read_text() == line
    (tmp_path / "ran").unlink()
    glasses_output("scale", "7", variables=variables)
    assert not (tmp_path / "ran").exists()
    del variables["GLASSES_DEPLOYMENT"]
    assert len(glasses_output("scale", "7", variables=variables).splitlines()) == 3, "one for each"

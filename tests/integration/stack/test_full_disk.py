"""The local stack on a full disk reports it in one line and continues."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import load_settings
from glasses.config.stack_file import STACK_FILE, StackFile, read_stack, write_stack
from infra.local import seaweed
from infra.local.process import find_marked, stop
from infra.local.ps import ps
from infra.local.stack import down, up
from infra.local.stack_processes import leaders
from tests.support.commands import glasses
from tests.support.ports import keep_ports
from tests.support.wait import wait_until


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Yield a mounted disk of 64 MB."""
    folder = (tmp_path / "small").resolve()
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("mounting a small disk needs root on Linux")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    home = folder / "home"
    stop([], [identity for _, identity in find_marked(home)], timeout=0)
    seaweed.remove_sockets(home)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill a disk to the last block."""
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file:
        for size in (2**20, 4096):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filling


def one_line(stderr: str) -> str:
    (line,) = stderr.splitlines()
    return line


def test_up_on_a_full_disk_reports_it_in_one_line(small: Path) -> None:
    home = small / "home"
    keep_ports(home)
    fill(small)
    done = glasses("up", "--detach", "--workers", "0", home=home)
    assert done.returncode == 3
    line = one_line(done.stderr)
    assert "cannot be written: No space left on device; free disk space" in line
    assert find_marked(home) == []


def test_a_worker_that_dies_on_a_full_disk_is_restarted_and_the_stack_continues(
    small: Path, demo_photos: Path
) -> None:
    home = small / "home"
    keep_ports(home)
    stack = up(home, 1, load_settings()).stack
    before = leaders(home)
    filling = fill(small)
    os.kill(before["worker"].pid, signal.SIGKILL)
    wait_until(lambda: leaders(home).get("worker") not in {None, before["worker"]})
    for name in ("supervisor", "s3", "valkey"):
        assert leaders(home)[name] == before[name], name
    assert read_stack(home) == stack, "the last version that could be written"
    listed = glasses("ps", home=home)
    assert "Traceback" not in listed.stderr
    assert f"the disk of {home} is full (0 MB free): free disk space" in listed.stderr
    everything = dict.fromkeys(("supervisor", "s3", "valkey", "worker"), "running")
    wait_until(
        lambda: {process.name: process.state for process in ps(home)} == everything,
        explain=lambda: f"{ps(home)}\n{(home / 'logs' / 'worker.log').read_text()}",
    )
    scaled = glasses("scale", "2", home=home)
    assert scaled.returncode == 3
    assert "No space left on device; free disk space" in one_line(scaled.stderr)

    filling.unlink()
    wait_until(lambda: read_stack(home) != stack)
    assert "is up to date again" in (home / "logs" / "supervisor.log").read_text()
    assert "Traceback" not in (home / "logs" / "supervisor.log").read_text()
    with Client(load_settings(**stack.settings)) as client:
        wait_until(lambda: client.workers()[0])
        job = client.submit([demo_photos / "hopper.jpg"])
        assert job.wait(60).classified == 1


def test_a_stack_on_a_full_disk_can_be_stopped(small: Path) -> None:
    home = small / "home"
    keep_ports(home)
    up(home, 0, load_settings())
    fill(small)
    assert down(home) == ["s3", "supervisor", "valkey"]
    assert find_marked(home) == []
    assert not (home / STACK_FILE).exists()


def test_a_stack_file_that_cannot_be_written_stays_unchanged(tmp_path: Path) -> None:
    first = StackFile({"s3_bucket": "one"})
    write_stack(tmp_path, first)
    (tmp_path / (STACK_FILE + ".partial")).mkdir()
    with pytest.raises(OSError, match="partial"):
        write_stack(tmp_path, StackFile({"s3_bucket": "two"}))
    assert read_stack(tmp_path) == first

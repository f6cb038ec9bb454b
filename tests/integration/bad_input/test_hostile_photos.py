"""Photos made to exhaust memory or time end in a named outcome, and no process is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support import hostile_photos
from tests.support.memory_cgroup import MemoryGroup, memory_group

GIB = 2**30


@pytest.fixture
def two_gigabytes() -> Iterator[MemoryGroup | None]:
    """Yield a control group of 2 GB; None without permission to create one."""
    with memory_group(2 * GIB) as group:
        yield group


def test_classify_names_the_outcome_of_every_hostile_photo_within_two_gigabytes(
    two_gigabytes: MemoryGroup | None, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    truth = hostile_photos.make(folder)
    command = [sys.executable, "-m", "producer", "classify", str(folder)]
    options = ["--format", "jsonl", "--processes", "2", "--report", str(tmp_path / "report.html")]
    limits = {"GLASSES_HOME": str(tmp_path)}
    if two_gigabytes is None:
        limits["GLASSES_PROCESS_MEMORY_MB"] = "512"  # it cannot see what it may have
    else:
        command = [*two_gigabytes.enter, *command]
    with (tmp_path / "rows").open("wb") as rows, (tmp_path / "told").open("wb") as told:
        process = subprocess.Popen(
            [*command, *options], env=os.environ | limits, stdout=rows, stderr=told
        )
        peak = _peak(process)
    said = (tmp_path / "told").read_text()
    assert process.returncode == 1, said
    lines = (tmp_path / "rows").read_text().splitlines()
    found = {row["image"]: row["reason"] or row["status"] for row in map(json.loads, lines)}
    wrong = {name: end for name, end in found.items() if end not in truth[name]}
    assert (wrong, found.keys()) == ({}, truth.keys()), said
    assert (tmp_path / "report.html").stat().st_size
    assert peak < 2 * GIB
    assert two_gigabytes is None or two_gigabytes.killed == 0


def test_the_stack_names_the_outcome_of_every_hostile_photo_within_two_gigabytes(
    two_gigabytes: MemoryGroup | None, tmp_path: Path
) -> None:
    if two_gigabytes is None:
        pytest.skip("needs the permission to create a control group")
    group = two_gigabytes
    folder = tmp_path / "in"
    folder.mkdir()
    truth = hostile_photos.make(folder)
    variables = os.environ | {
        "GLASSES_HOME": str(tmp_path / "stack"),
        "GLASSES_PROCESS_MEMORY_MB": "512",  # two processes, and the servers, share 2 GB
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*group.enter, sys.executable, "-m", "producer", *words]
        return subprocess.run(
            command, env=variables, capture_output=True, text=True, check=False, timeout=200
        )

    try:
        started = run("up", "--detach", "--workers", "2")
        assert started.returncode == 0, started.stderr
        submitted = run("submit", str(folder), "--wait")
        assert submitted.returncode == 1, submitted.stderr
        job = submitted.stdout.strip()
        rows = map(json.loads, run("results", job, "--format", "jsonl").stdout.splitlines())
        found = {row["image"]: row["reason"] or row["status"] for row in rows}
        wrong = {name: end for name, end in found.items() if end not in truth[name]}
        assert (wrong, found.keys()) == ({}, truth.keys())
        reported = run("report", job, "-o", str(tmp_path / "report.html"))
        assert reported.returncode == 0, reported.stderr
    finally:
        run("down", "--purge")
    assert group.killed == 0


def _peak(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; return the peak resident memory of it and its children in bytes."""
    peak = 0
    whole = psutil.Process(process.pid)
    deadline = time.monotonic() + 240
    while process.poll() is None:
        assert time.monotonic() < deadline
        try:
            family = [whole, *whole.children(recursive=True)]
            peak = max(peak, sum(each.memory_info().rss for each in family))
        except psutil.NoSuchProcess:
            continue
        time.sleep(0.05)
    return peak

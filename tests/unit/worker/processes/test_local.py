"""The processes of `glasses classify` are limited, replaced when they die, and exit with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.photos import photos, poison
from tests.support.wait import wait_until

ROOT = Path(__file__).parents[4]
Classifying = subprocess.Popen[str]

SITECUSTOMIZE = """
import sys
if any("worker.processes.child_main" in word for word in sys.orig_argv):
    sys.path.append({root!r})
    from tests.support import poison_worker
    from worker.vision.pipeline import Pipeline
    Pipeline.find = poison_worker.find
"""


@pytest.fixture
def poisonable(tmp_path: Path) -> dict[str, str]:
    """An environment in which child processes are harmed by poison photos."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE.format(root=str(ROOT)))
    limits = {"GLASSES_CHUNK_TIME_LIMIT": "6", "GLASSES_PROCESS_MEMORY_MB": "512"}
    return os.environ | limits | {"PYTHONPATH": str(folder), "GLASSES_HOME": str(tmp_path)}


def test_photos_that_kill_hang_or_bloat_their_process_fail_alone(
    poisonable: dict[str, str], demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", 30)
    ends = {
        "0002.jpg": ("kill", "crashed_worker"),
        "0011.jpg": ("hang", "crashed_worker"),
        "0029.jpg": ("eat", "out_of_memory"),
    }
    for name, (what, _) in ends.items():
        poison(folder / name, what)
    ended = subprocess.run(
        [sys.executable, "-m", "producer", "classify", str(folder), "--processes", "2"],
        env=poisonable,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (1, "3 of 30 photos failed (exit code 1)\n")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [row["image"] for row in rows] == [f"{number:04d}.jpg" for number in range(30)]
    failed = {row["image"]: row["reason"] for row in rows if row["status"] != "classified"}
    assert failed == {name: reason for name, (_, reason) in ends.items()}
    assert all(row["sha256"] for row in rows), "as a worker's rows have it"


@pytest.fixture
def classifying(demo_photos: Path, tmp_path: Path) -> Iterator[Classifying]:
    """Yield a running command that waits because its output pipe is full."""
    collection = photos(tmp_path / "collection", demo_photos / "collins.jpg", 300)
    process = subprocess.Popen(
        [sys.executable, "-m", "producer", "classify", str(collection), "--processes", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    process.kill()
    process.communicate()


def workers(process: Classifying) -> list[psutil.Process]:
    """Return the child processes that have loaded a model."""
    children = psutil.Process(process.pid).children()
    pool = [
        child for child in children if "worker.processes.child_main" in " ".join(child.cmdline())
    ]
    return [child for child in pool if any("onnxruntime" in m.path for m in child.memory_maps())]


def works(process: psutil.Process) -> bool:
    """Return whether a process has exited, even if it was not reaped yet."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("end", "code", "rows"),
    [
        (lambda process: workers(process)[0].kill(), 0, 300),
        (lambda process: os.killpg(process.pid, signal.SIGINT), 130, 0),
        (lambda process: process.kill(), -9, 0),
    ],
    ids=["a process is killed", "Ctrl-C", "all is killed but its processes"],
)
def test_no_process_is_left_behind(
    classifying: Classifying, end: Callable[[Classifying], None], code: int, rows: int
) -> None:
    wait_until(lambda: bool(workers(classifying)))
    pool = workers(classifying)
    end(classifying)
    printed, told = classifying.communicate(timeout=60)
    assert classifying.returncode == code, told
    assert len(printed.splitlines()) >= rows
    assert "Traceback" not in told
    wait_until(lambda: not any(works(each) for each in pool), seconds=60)


def test_a_process_that_cannot_start_is_reported_in_one_line(
    demo_photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if any('worker.processes.child_main' in word for word in sys.orig_argv): os._exit(7)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "producer", "classify", str(demo_photos)],
        env=os.environ | {"PYTHONPATH": str(folder), "GLASSES_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "a process that decodes photos exits at its start (status 7)" in ended.stderr
    assert ended.stderr.count("\n") == 1

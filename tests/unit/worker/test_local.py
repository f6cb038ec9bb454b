"""The processes of `glasses classify` come and go with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.photos import photos
from tests.support.waiting import wait_until

Classifying = subprocess.Popen[str]


@pytest.fixture
def classifying(demo_photos: Path, tmp_path: Path) -> Iterator[Classifying]:
    """A run in the middle of its work: its pipe is full, so it waits."""
    pile = photos(tmp_path / "pile", demo_photos / "collins.jpg", 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "producer", "classify", str(pile), "--processes", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    process.kill()
    process.communicate()


def workers(process: Classifying) -> list[psutil.Process]:
    """Processes of its pool that have begun: until then they read from the one that starts them."""
    children = psutil.Process(process.pid).children()
    pool = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    return [child for child in pool if any("onnxruntime" in m.path for m in child.memory_maps())]


def works(process: psutil.Process) -> bool:
    """A process that ended counts as gone, whether or not whoever inherited it has noticed."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        (lambda process: workers(process)[0].kill(), 2, "a process died, perhaps of one of"),
        (lambda process: os.killpg(process.pid, signal.SIGINT), 130, ""),
        (lambda process: process.kill(), -9, ""),
    ],
    ids=["a process is killed", "Ctrl-C", "all is killed but the pool"],
)
def test_no_process_is_left(
    classifying: Classifying, end: Callable[[Classifying], None], code: int, said: str
) -> None:
    wait_until(lambda: len(workers(classifying)) == 2)
    pool = workers(classifying)
    end(classifying)
    _, told = classifying.communicate(timeout=60)
    assert classifying.returncode == code, told
    assert said in told
    assert "Traceback" not in told
    wait_until(lambda: not any(works(each) for each in pool), seconds=60)

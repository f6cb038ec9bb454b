from __future__ import annotations

import subprocess
import sys

import pytest

FORK = """
import gc, os, sys
import worker.pipeline
from worker.process import before_fork
if "before_fork" in sys.argv:
    before_fork()
if os.fork() == 0:
    gc.collect()
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    private = sum(int(line.split()[1]) for line in lines if line.startswith("Private"))
    print(private, flush=True)
    os._exit(0)  # as a pool's processes do: libraries' threads are not there to be ended
else:
    os.wait()
"""

SETTLE = """
import sys
import cv2
from worker.process import after_fork
after_fork(1024)
print(cv2.getNumThreads(), round(sys.getswitchinterval(), 3))
try:
    bytearray(2**31)
except MemoryError:
    print("bounded")
"""


def out(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_childs_collector_does_not_copy_what_its_parent_loaded() -> None:
    """KB of its own that a child has after a full collection."""
    copied, shared = int(out(FORK)), int(out(FORK, "before_fork"))
    assert shared < copied / 2


def test_a_new_process_has_bounded_memory_and_no_threads_of_opencv() -> None:
    assert out(SETTLE).split() == ["1", "0.1", "bounded"]

from __future__ import annotations

import subprocess
import sys

import pytest

FORK = """
import gc, os, sys
import worker.vision.pipeline
from worker.service.process import before_fork
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

WARM = """
import os, signal, sys
from pathlib import Path
from worker.vision.pipeline import Pipeline
from worker.service.process import before_fork, before_load
before_load()
pipeline = Pipeline.load("default")
if "warm_up" in sys.argv:
    pipeline.warm_up()
before_fork()
loaded = set(sys.modules)
if os.fork() == 0:
    signal.alarm(30)
    photo = Path("demo/photos/hopper-12-megapixels.jpg").read_bytes()
    print(pipeline(photo).status, *sorted(set(sys.modules) - loaded), flush=True)
    os._exit(0)
else:
    os.wait()
"""

THREADS = """
import os
from worker.vision.pipeline import Pipeline
from worker.service.process import before_load
threads = len(os.listdir("/proc/self/task"))
before_load()
Pipeline.load("default").warm_up()
print(len(os.listdir("/proc/self/task")) - threads)
"""

SETTLE = """
import sys
import cv2
from worker.service.process import after_fork, before_load, choose_memory_limit
before_load()
choose_memory_limit(1024, 1)
after_fork()
print(cv2.getNumThreads(), round(sys.getswitchinterval(), 3))
try:
    bytearray(2**31)
except MemoryError:
    print("bounded")
"""

END = """
import os, sys
import billiard.util
from worker.service.process import before_fork
before_fork()
loaded = set(sys.modules)
if os.fork() == 0:
    billiard.util.set_pdeathsig(9)
    print(billiard.util.get_pdeathsig(), *sorted(set(sys.modules) - loaded), flush=True)
    os._exit(0)
else:
    os.wait()
"""

COMMAND = """
import os, sys
os.environ |= {
    "GLASSES_REDIS_URL": "redis://localhost:1",
    "GLASSES_S3_ENDPOINT": "http://localhost:2",
    "GLASSES_S3_ACCESS_KEY": "key",
    "GLASSES_S3_SECRET_KEY": "secret",
}
import celery.apps.worker
celery.apps.worker.Worker.start = lambda worker: print(
    worker.concurrency, worker.loglevel, worker.pool_cls.__module__, worker.optimization,
    *sorted({"celery.bin", "prompt_toolkit"} & set(sys.modules)), file=sys.__stdout__,
)
sys.argv = ["worker", "--processes", "3", "--loglevel", "error"]
from worker.__main__ import main
main()
"""


def out(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_garbage_collection_in_a_child_does_not_copy_shared_pages() -> None:
    """Return the private memory of a child in kB after a full garbage collection."""
    copied, shared = int(out(FORK)), int(out(FORK, "before_fork"))
    assert shared < copied / 2


def test_warming_up_loads_everything_before_the_fork() -> None:
    status, *loaded = out(WARM).split()
    assert status == "classified"
    assert "PIL.JpegImagePlugin" in loaded  # else the next line proves nothing
    assert out(WARM, "warm_up").split() == ["classified"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_warming_up_starts_no_threads() -> None:
    """A fork does not copy threads, so that a child that waits for one would hang."""
    assert int(out(THREADS)) == 0


def test_a_new_process_has_a_memory_limit_and_no_opencv_threads() -> None:
    assert out(SETTLE).split() == ["1", "0.1", "bounded"]


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2)")
def test_a_new_process_imports_nothing_for_the_parent_death_signal() -> None:
    """With cffi installed, billiard would load a C parser for it."""
    assert out(END).split() == ["9"]


def test_the_worker_command_does_not_load_a_prompt() -> None:
    assert out(COMMAND).split() == ["3", "40", "celery.concurrency.prefork", "fair"]


@pytest.mark.parametrize("option", ["--processes=0", "--processes=-1", "--loglevel=loud"])
def test_an_invalid_option_is_reported_in_one_line(option: str) -> None:
    command = [sys.executable, "-m", "worker", option]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert option.partition("=")[0] in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr

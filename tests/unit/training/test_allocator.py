"""Training restarts itself with settings that glibc and OpenMP read at the start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from training.common.allocator import KEEP, WAIT

PROGRAM = """
import os
from training.common.allocator import keep_memory
keep_memory()
print(os.environ["OMP_WAIT_POLICY"], os.environ["MALLOC_TRIM_THRESHOLD_"])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="settings of glibc")
@pytest.mark.parametrize(
    ("given", "used"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")]
)
def test_waiting_threads_sleep_unless_the_user_says_otherwise(
    given: dict[str, str], used: str
) -> None:
    command = [sys.executable, "-c", PROGRAM]
    clean = {name: value for name, value in os.environ.items() if name not in KEEP | WAIT}
    done = subprocess.run(
        command, env=clean | given, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == [used, KEEP["MALLOC_TRIM_THRESHOLD_"]]

"""Memory that is freed returns to the kernel."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys
from worker.service.memory import keep_heap_small

glibc = ctypes.CDLL(None)
glibc.malloc.restype = ctypes.c_void_p

def allocate(size):
    block = ctypes.c_void_p(glibc.malloc(ctypes.c_size_t(size)))
    glibc.memset(block, 1, ctypes.c_size_t(size))
    return block

def anonymous_kb():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))

if sys.argv[1] == "small":
    keep_heap_small()
glibc.free(allocate(16 << 20))  # by default, blocks of up to this size are in the heap from now on
block = allocate(8 << 20)
above = allocate(100 << 10)  # the heap cannot shrink below this
before = anonymous_kb()
glibc.free(block)
print(before - anonymous_kb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_large_blocks_return_to_the_kernel_when_freed() -> None:
    kept, returned = (
        int(subprocess.check_output([sys.executable, "-c", PROGRAM, how], text=True, timeout=60))
        for how in ("default", "small")
    )
    assert kept < 1000
    assert returned > 7000

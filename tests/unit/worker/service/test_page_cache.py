from __future__ import annotations

import subprocess
import sys

import pytest

from worker.service import page_cache

SMAPS = """\
55d4c0a00000-55d4c0a20000 r-xp 00001000 fe:00 33                         /usr/lib/work.so
Size:                128 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me sd
55d4c0a20000-55d4c0a30000 r--p 00021000 fe:00 33                         /usr/lib/work.so
Size:                 64 kB
Anonymous:             8 kB
55d4c0a30000-55d4c0a40000 rw-p 00031000 fe:00 33                         /usr/lib/work.so
Size:                 64 kB
Anonymous:             0 kB
55d4c0b00000-55d4c0b40000 rw-p 00000000 00:00 0                          [heap]
Size:                256 kB
Anonymous:             0 kB
7f0000000000-7f0000010000 r--s 00000000 fe:00 34                         /var/cache/shared
Size:                 64 kB
Anonymous:             0 kB
7f0000020000-7f0000030000 r--p 00000000 00:00 0
Size:                 64 kB
Anonymous:             0 kB
ffffffff6000-ffffffff7000 r-xp 00000000 00:00 0                          [vdso]
Size:                  4 kB
Anonymous:             0 kB
"""

WORK = """
from pathlib import Path
from worker.service import page_cache
from worker.vision.pipeline import Pipeline
def of_files():
    lines = dict(line.split(":", 1) for line in open("/proc/self/smaps_rollup").readlines()[1:])
    return int(lines["Pss"].split()[0]) - int(lines["Pss_Anon"].split()[0])
pipeline, photo = Pipeline.load("default"), Path("demo/photos/hopper-12-megapixels.jpg")
before, loaded = pipeline(photo.read_bytes()), of_files()
page_cache.drop_page_cache()
less = of_files()
print(loaded, less, pipeline(photo.read_bytes()) == before)
"""


def test_only_unmodified_file_mappings_are_dropped() -> None:
    assert list(page_cache._only_read(SMAPS)) == [(0x55D4C0A00000, 0x55D4C0A20000)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_dropped_pages_are_read_again() -> None:
    command = [sys.executable, "-c", WORK]
    out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    loaded, less, same = out.split()
    assert int(less) < int(loaded) / 2
    assert same == "True"

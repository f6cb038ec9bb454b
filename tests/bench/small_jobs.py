"""Measure how long small jobs take, end to end: `python -m tests.bench.small_jobs FOLDER`.

Jobs of each size run one after the other on an idle local stack. Each photo is used once.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from glasses.client import Client
from glasses.sources.walk import walk
from tests.bench.local import local_stack

SIZES = (1, 10, 32, 64, 128, 512)
WARM_UP_PHOTOS = 64
"""Photos classified first, so that connections are open and each process has run."""


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.small_jobs", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3, help="jobs of each size (default: 3)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--chunk-size", type=int, help="photos per chunk")
    options = parser.parse_args()
    photos = iter([str(source.path) for source in walk([str(options.folder)])])
    with local_stack(options.processes, options.chunk_size) as (client, _):
        seconds(client, photos, WARM_UP_PHOTOS)
        sys.stdout.write("photos  seconds\n")
        for size in SIZES:
            found = [seconds(client, photos, size) for _ in range(options.rounds)]
            sys.stdout.write(f"{size:6}  {median(found):7.3f}\n")


def seconds(client: Client, photos: Iterator[str], count: int) -> float:
    """Run a job of the next `count` photos and return its duration.

    Raises:
        ValueError: Fewer photos are left.
    """
    chosen = list(islice(photos, count))
    if len(chosen) < count:
        raise ValueError("too few photos in the folder: pass a folder of at least 3,000")
    start = time.perf_counter()
    client.submit(["-"], stdin=chosen).wait()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

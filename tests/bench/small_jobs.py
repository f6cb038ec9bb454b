"""`python -m tests.bench.small_jobs FOLDER`: how long small jobs take, from submission to the end.

On a local stack that does nothing else, jobs of each size one after the other, each photo once.
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
from glasses.walk import walk
from tests.bench.local import local_stack

SIZES = (1, 10, 32, 64, 128, 512)
WARM = 64
"""Photos before: connections are made, and each process has classified some."""


def main() -> None:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.small_jobs", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3, help="jobs of each size (default: 3)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--chunk-size", type=int, help="photos in a message")
    options = parser.parse_args()
    photos = iter([str(source.path) for source in walk([str(options.folder)])])
    with local_stack(options.processes, options.chunk_size) as (client, _):
        seconds(client, photos, WARM)
        sys.stdout.write("photos  seconds\n")
        for size in SIZES:
            found = [seconds(client, photos, size) for _ in range(options.rounds)]
            sys.stdout.write(f"{size:6}  {median(found):7.3f}\n")


def seconds(client: Client, photos: Iterator[str], count: int) -> float:
    """Of a job of the next photos.

    Raises:
        ValueError: There are no more of them.
    """
    chosen = list(islice(photos, count))
    if len(chosen) < count:
        raise ValueError("the folder has too few photos: give one of 3,000")
    start = time.perf_counter()
    client.submit(["-"], stdin=chosen).wait()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

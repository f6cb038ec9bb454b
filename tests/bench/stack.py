"""`python -m tests.bench.stack FOLDER`: the whole local stack against the bare pipeline.

Both use the same photos and the same number of processes, in turn, in one run. The stack's time is
from the start of the submission (hashing, uploads and all) to the last verdict; the verdicts of
both are compared row by row.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

import psutil

from glasses.client import Client
from glasses.outcome import Outcome
from glasses.settings import load_settings
from glasses.walk import walk
from infra.local import stack
from worker.pipeline import Pipeline

CHUNK = 32


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stack", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=2000, help="photos at most (default: 2000)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    paths = [source.path for source in islice(walk([str(options.folder)]), options.limit)]
    bare, seconds = _bare(paths, options.processes)
    sys.stdout.write(f"photos {len(paths)}, processes {options.processes}\n")
    sys.stdout.write(f"bare pipeline {len(paths) / seconds:.1f} photos/s\n")
    found, stack_seconds = _stack(paths, options.processes)
    sys.stdout.write(f"whole stack   {len(paths) / stack_seconds:.1f} photos/s\n")
    sys.stdout.write(f"ratio         {seconds / stack_seconds:.2f}\n")
    differ = sum(a != b for a, b in zip(bare, found, strict=True))
    sys.stdout.write(f"rows that differ {differ}\n")


_pipeline: Pipeline


def _load() -> None:
    global _pipeline
    _pipeline = Pipeline.load("default")


def _classify(paths: list[Path]) -> list[Outcome]:
    return _pipeline.classify([_pipeline.find(path.read_bytes()) for path in paths])


def _bare(paths: list[Path], processes: int) -> tuple[list[tuple[str, object]], float]:
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    with ProcessPoolExecutor(processes, initializer=_load) as pool:
        list(pool.map(_classify, chunks[:processes]))  # processes are up
        start = time.perf_counter()
        outcomes = [outcome for part in pool.map(_classify, chunks) for outcome in part]
        seconds = time.perf_counter() - start
    return [(path.name, o.faces) for path, o in zip(paths, outcomes, strict=True)], seconds


def _stack(paths: list[Path], processes: int) -> tuple[list[tuple[str, object]], float]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        up = stack.up(home, processes, load_settings())
        try:
            with Client(load_settings(**up.stack.settings)) as client:
                start = time.perf_counter()
                job = client.submit(["-"], stdin=[str(path) for path in paths])
                submitted = time.perf_counter() - start
                status = job.wait()
                seconds = time.perf_counter() - start
                rows = [(Path(v.image).name, v.faces) for v in job.verdicts()]
            _say_memory(up.stack.processes)
            sys.stdout.write(f"submitted after {submitted:.1f} s, {status.model_dump_json()}\n")
        finally:
            stack.down(home, purge=True)
    return rows, seconds


def _say_memory(processes: dict[str, dict[str, object]]) -> None:
    pid = int(str(processes["worker"]["pid"]))
    parent = psutil.Process(pid)
    for name, process in [("parent", parent)] + [("child", c) for c in parent.children()]:
        memory = process.memory_full_info()
        sys.stdout.write(
            f"worker {name}: {memory.pss / 1e6:.0f} MB PSS, {memory.uss / 1e6:.0f} MB of its own\n"
        )


if __name__ == "__main__":
    main()

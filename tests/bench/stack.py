"""`python -m tests.bench.stack FOLDER`: the whole local stack against the bare pipeline.

Both use the same photos and the same number of processes, in turn, in one run. The stack's time is
from the start of the submission (hashing, uploads and all) to the last verdict; the verdicts of
both are compared row by row. CPU a photo is that of the processes that classify: what a worker's
process takes beyond the bare pipeline is the overhead of queue, storage and ledger.
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
    bare, seconds, bare_cpu = _bare(paths, options.processes)
    sys.stdout.write(f"photos {len(paths)}, processes {options.processes}\n")
    sys.stdout.write(f"bare pipeline {len(paths) / seconds:.1f} photos/s\n")
    found, stack_seconds, stack_cpu = _stack(paths, options.processes)
    sys.stdout.write(f"whole stack   {len(paths) / stack_seconds:.1f} photos/s\n")
    sys.stdout.write(f"ratio         {seconds / stack_seconds:.2f}\n")
    each = 1000 / len(paths)
    sys.stdout.write(f"CPU a photo   {bare_cpu * each:.2f} ms bare, {stack_cpu * each:.2f} ms in ")
    sys.stdout.write(f"workers: {stack_cpu / bare_cpu - 1:+.1%}\n")
    differ = sum(a != b for a, b in zip(bare, found, strict=True))
    sys.stdout.write(f"rows that differ {differ}\n")


_pipeline: Pipeline


def _load() -> None:
    global _pipeline
    _pipeline = Pipeline.load("default")


def _classify(paths: list[Path]) -> tuple[list[Outcome], float]:
    start = time.process_time()
    outcomes = _pipeline.classify([_pipeline.find(path.read_bytes()) for path in paths])
    return outcomes, time.process_time() - start


Rows = list[tuple[str, object]]


def _bare(paths: list[Path], processes: int) -> tuple[Rows, float, float]:
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    with ProcessPoolExecutor(processes, initializer=_load) as pool:
        list(pool.map(_classify, chunks[:processes]))  # processes are up
        start = time.perf_counter()
        parts = list(pool.map(_classify, chunks))
        seconds = time.perf_counter() - start
    outcomes = [outcome for part, _ in parts for outcome in part]
    rows: Rows = [(path.name, o.faces) for path, o in zip(paths, outcomes, strict=True)]
    return rows, seconds, sum(cpu for _, cpu in parts)


def _stack(paths: list[Path], processes: int) -> tuple[Rows, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        up = stack.up(home, processes, load_settings())
        try:
            with Client(load_settings(**up.stack.settings)) as client:
                before = _cpu_seconds(up.stack.processes)
                start = time.perf_counter()
                job = client.submit(["-"], stdin=[str(path) for path in paths])
                submitted = time.perf_counter() - start
                status = job.wait()
                seconds = time.perf_counter() - start
                cpu = _cpu_seconds(up.stack.processes) - before
                rows: Rows = [(Path(v.image).name, v.faces) for v in job.verdicts()]
            _say_memory(up.stack.processes)
            sys.stdout.write(f"submitted after {submitted:.1f} s, {status.model_dump_json()}\n")
        finally:
            stack.down(home, purge=True)
    return rows, seconds, cpu


def _worker(processes: dict[str, dict[str, object]]) -> psutil.Process:
    return psutil.Process(int(str(processes["worker"]["pid"])))


def _cpu_seconds(processes: dict[str, dict[str, object]]) -> float:
    """Of the pool's processes, which classify; the parent only hands out chunks."""
    times = [child.cpu_times() for child in _worker(processes).children()]
    return sum(each.user + each.system for each in times)


def _say_memory(processes: dict[str, dict[str, object]]) -> None:
    parent = _worker(processes)
    for name, process in [("parent", parent)] + [("child", c) for c in parent.children()]:
        memory = process.memory_full_info()
        sys.stdout.write(
            f"worker {name}: {memory.pss / 1e6:.0f} MB PSS, {memory.uss / 1e6:.0f} MB of its own\n"
        )


if __name__ == "__main__":
    main()

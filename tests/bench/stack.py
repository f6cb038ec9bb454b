"""`python -m tests.bench.stack FOLDER`: the whole local stack against the bare pipeline.

Both use the same photos and the same number of processes, in turn and several times; the stack once
with uploads, once with photos that stay in place. Its time is from the start of the submission
(hashing, uploads and all) to the last verdict, and the verdicts of all are compared row by row. CPU
a photo is that of the processes that classify: what a worker's process takes beyond the bare
pipeline is the overhead of queue, storage and ledger. What is left of the time of all cores is told
by who took it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import cv2

from glasses.outcome import Outcome
from glasses.walk import walk
from tests.bench.host import Figures, Host
from tests.bench.local import local_stack
from worker.pipeline import Pipeline

CHUNK = 32
ROUNDS = 5
IN_PLACE = "in place, "
Rows = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Run:
    """The same photos, one way or the other.

    Attributes:
        rows: A photo's name and what was found.
        seconds: From the first to the last photo.
        cpu: Seconds of the processes that classify.
        more: Of the stack alone: what else took CPU, and memory.
    """

    rows: Rows
    seconds: float
    cpu: float
    more: Figures


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stack", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=2000, help="photos at most (default: 2000)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--chunk-size", type=int, help="photos in a message")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    options = parser.parse_args()
    paths = [source.path for source in islice(walk([str(options.folder)]), options.limit)]
    figures = measure(paths, options.processes, options.chunk_size, options.rounds)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def measure(
    paths: Sequence[Path],
    processes: int | None = None,
    chunk_size: int | None = None,
    rounds: int = ROUNDS,
) -> dict[str, float | str]:
    """Bare pipeline, then rounds of stack, stack with photos in place, and bare pipeline.

    Args:
        paths: Photos.
        processes: That classify; one a core if not given.
        chunk_size: Photos in a message; the default if not given.
        rounds: Of the stack. One alone says little: from one to the next, its CPU and that of the
            bare pipeline move by more than they differ.

    Returns:
        The median of each figure over the rounds, and what the rounds gave of those that compare;
        those of photos in place with `IN_PLACE` before their names.

    Raises:
        RuntimeError: Their verdicts differ.
    """
    processes = processes or os.cpu_count() or 1
    bare, found = [_bare(paths, processes)], []
    for _ in range(rounds):
        whole = {way: _stack(paths, processes, chunk_size, bool(way)) for way in ("", IN_PLACE)}
        bare.append(_bare(paths, processes))
        figures: dict[str, float] = {}
        for way, run in whole.items():
            compared = _compare(run, *bare[-2:])
            figures |= {
                name if name.startswith("bare") else way + name: value
                for name, value in compared.items()
            }
        found.append(figures)
    middle = {name: median(figures[name] for figures in found) for name in found[0]}
    told = [way + name for way in ("", IN_PLACE) for name in ("stack / bare", "CPU overhead")]
    every = {f"{name}, rounds": _range(name, found) for name in told}
    return {"photos": len(paths), "processes": processes, "rounds": rounds, **middle, **every}


def _compare(whole: Run, before: Run, after: Run) -> dict[str, float]:
    differ = sum(a != b for a, b in zip(before.rows, whole.rows, strict=True))
    if differ:
        raise RuntimeError(f"{differ} verdicts of the stack are not the bare pipeline's")
    count = len(whole.rows)
    seconds, cpu = (before.seconds + after.seconds) / 2, (before.cpu + after.cpu) / 2
    return {
        "bare photos/s": count / seconds,
        "stack photos/s": count / whole.seconds,
        "stack / bare": seconds / whole.seconds,
        "bare CPU ms/photo": 1000 * cpu / count,
        "worker CPU ms/photo": 1000 * whole.cpu / count,
        "CPU overhead": whole.cpu / cpu - 1,
        **whole.more,
    }


def _range(name: str, found: Sequence[Mapping[str, float]]) -> str:
    values = sorted(figures[name] for figures in found)
    return f"{values[0]:.2f}–{values[-1]:.2f}"


_pipeline: Pipeline


def _load() -> None:
    global _pipeline
    cv2.setNumThreads(1)  # as workers do
    _pipeline = Pipeline.load("default")


def _classify(paths: Sequence[Path]) -> tuple[list[Outcome], float]:
    start = time.process_time()
    outcomes = _pipeline.classify([_pipeline.find(path.read_bytes()) for path in paths])
    return outcomes, time.process_time() - start


def _bare(paths: Sequence[Path], processes: int) -> Run:
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    with ProcessPoolExecutor(processes, initializer=_load) as pool:
        list(pool.map(_classify, chunks[:processes]))  # processes are up
        start = time.perf_counter()
        parts = list(pool.map(_classify, chunks))
        seconds = time.perf_counter() - start
    outcomes = [outcome for part, _ in parts for outcome in part]
    rows: Rows = [(path.name, o.faces) for path, o in zip(paths, outcomes, strict=True)]
    return Run(rows, seconds, sum(cpu for _, cpu in parts), {})


def _stack(paths: Sequence[Path], processes: int, chunk_size: int | None, in_place: bool) -> Run:
    with local_stack(processes, chunk_size) as (client, pids):
        with Host(pids) as host:
            job = client.submit(["-"], stdin=map(str, paths), in_place=in_place)
            job.wait()
        rows: Rows = [(Path(v.image).name, v.faces) for v in job.verdicts()]
    cpu = host.cpu.pop("worker")
    spent = {
        f"CPU ms/photo, {part}": 1000 * seconds / len(paths) for part, seconds in host.cpu.items()
    }
    free = host.seconds * (os.cpu_count() or 1) - cpu - sum(host.cpu.values())
    spent["CPU ms/photo, nobody"] = 1000 * free / len(paths)
    return Run(rows, host.seconds, cpu, spent | host.memory)


if __name__ == "__main__":
    main()

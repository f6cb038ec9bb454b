"""Measure the whole local stack against the bare pipeline: `python -m tests.bench.stack FOLDER`.

Both classify the same photos with the same number of processes, alternating for several rounds. The
stack runs once with uploads and once with photos in place. Its time includes hashing and uploads,
from the start of the submission to the last verdict. All verdicts are compared row by row. CPU per
photo is that of the classifying processes: what a worker's process needs beyond the bare pipeline
is the overhead of queue, storage and ledger. The remaining time of all cores is listed by process.
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
from typing import Any

import cv2

from glasses.protocol.outcome import Face, Outcome
from glasses.sources.walk import walk
from tests.bench.host import Figures, Host
from tests.bench.local import local_stack
from worker.vision.pipeline import Pipeline

CHUNK = 32
ROUNDS = 5
IN_PLACE = "in place, "
MODES = ("", IN_PLACE)
"""Prefixes of figures: photos uploaded, photos in place."""
Rows = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Run:
    """One run over all photos, by the stack or the bare pipeline.

    Attributes:
        rows: Name and faces of each photo.
        seconds: Duration.
        cpu: CPU seconds of the classifying processes.
        more: Further figures of the stack: CPU of other processes, and memory.
    """

    rows: Rows
    seconds: float
    cpu: float
    more: Figures


def main() -> None:
    """Measure, compare and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stack", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--limit", type=int, default=2000, help="maximum number of photos (default: 2000)"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--chunk-size", type=int, help="photos per chunk")
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
    """Run the bare pipeline, then rounds of stack, stack with photos in place, and bare pipeline.

    Args:
        paths: The photos.
        processes: Classifying processes; one per core by default.
        chunk_size: Photos per chunk; the setting's default if not given.
        rounds: Rounds of the stack. One is not enough, since CPU times vary more between rounds
            than they differ between stack and bare pipeline.

    Returns:
        The median of each figure over the rounds, and the range of the figures that compare both.
        Names of figures with photos in place begin with `IN_PLACE`.

    Raises:
        RuntimeError: The verdicts of stack and bare pipeline differ.
    """
    processes = processes or os.cpu_count() or 1
    bare, by_round = [_run_bare(paths, processes)], []
    for _ in range(rounds):
        runs = {mode: _run_stack(paths, processes, chunk_size, bool(mode)) for mode in MODES}
        bare.append(_run_bare(paths, processes))
        figures: dict[str, float] = {}
        for mode, run in runs.items():
            compared = _compare(run, *bare[-2:])
            figures |= {
                name if name.startswith("bare") else mode + name: value
                for name, value in compared.items()
            }
        by_round.append(figures)
    medians = {name: median(figures[name] for figures in by_round) for name in by_round[0]}
    compared_names = [mode + name for mode in MODES for name in ("stack / bare", "CPU overhead")]
    ranges = {f"{name}, rounds": _range(name, by_round) for name in compared_names}
    return {"photos": len(paths), "processes": processes, "rounds": rounds, **medians, **ranges}


def _compare(stack: Run, before: Run, after: Run) -> dict[str, float]:
    differ = sum(a != b for a, b in zip(before.rows, stack.rows, strict=True))
    if differ:
        raise RuntimeError(f"{differ} verdicts of the stack differ from the bare pipeline's")
    count = len(stack.rows)
    seconds, cpu = (before.seconds + after.seconds) / 2, (before.cpu + after.cpu) / 2
    return {
        "bare photos/s": count / seconds,
        "stack photos/s": count / stack.seconds,
        "stack / bare": seconds / stack.seconds,
        "bare CPU ms/photo": 1000 * cpu / count,
        "worker CPU ms/photo": 1000 * stack.cpu / count,
        "CPU overhead": stack.cpu / cpu - 1,
        **stack.more,
    }


def _range(name: str, by_round: Sequence[Mapping[str, float]]) -> str:
    values = sorted(figures[name] for figures in by_round)
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


def _found(faces: Sequence[Face]) -> list[dict[str, Any]]:
    """Return faces without what only those of a verdict have."""
    return [face.model_dump(include=set(Face.model_fields)) for face in faces]


def _run_bare(paths: Sequence[Path], processes: int) -> Run:
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    with ProcessPoolExecutor(processes, initializer=_load) as pool:
        list(pool.map(_classify, chunks[:processes]))  # wait until all processes have started
        start = time.perf_counter()
        parts = list(pool.map(_classify, chunks))
        seconds = time.perf_counter() - start
    outcomes = [outcome for part, _ in parts for outcome in part]
    rows: Rows = [(path.name, _found(o.faces)) for path, o in zip(paths, outcomes, strict=True)]
    return Run(rows, seconds, sum(cpu for _, cpu in parts), {})


def _run_stack(
    paths: Sequence[Path], processes: int, chunk_size: int | None, in_place: bool
) -> Run:
    with local_stack(processes, chunk_size) as (client, pids):
        with Host(pids) as host:
            job = client.submit(["-"], stdin=map(str, paths), in_place=in_place)
            job.wait()
        rows: Rows = [(Path(v.image).name, _found(v.faces)) for v in job.verdicts()]
    cpu = host.cpu.pop("worker")
    more = {
        f"CPU ms/photo, {part}": 1000 * seconds / len(paths) for part, seconds in host.cpu.items()
    }
    idle = host.seconds * (os.cpu_count() or 1) - cpu - sum(host.cpu.values())
    more["CPU ms/photo, idle"] = 1000 * idle / len(paths)
    return Run(rows, host.seconds, cpu, more | host.memory)


if __name__ == "__main__":
    main()

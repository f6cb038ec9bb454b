"""Compare the pipelines of two checkouts: `python -m tests.bench.checkouts OTHER`.

OTHER is another checkout of this project: of efbbf39, for example, which finds upright faces only
and does not tell kinds. Both process the same photos in turns, each in a process of its own, on one
core. Printed are the CPU times per photo, medians over the rounds, and their ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parents[2]
CHILD = "--child"
WARM_UP = 4
"""Photos that are processed before the clock starts."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.checkouts", description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--data", type=Path, help="labelled datasets, for everyday photos")
    parser.add_argument("--face-free", type=Path, help="photos without faces, for the same")
    parser.add_argument("--count", type=int, default=64, help="photos per set (default: 64)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    other = options.other.resolve()
    sys.stdout.write(
        "| photos | ms, other | ms, this | ratio | ratios of the rounds |\n|---|---|---|---|---|\n"
    )
    with tempfile.TemporaryDirectory() as name:
        for title, photos in _sets(options.count, options.data, options.face_free):
            folder = Path(name, title)
            folder.mkdir()
            for number, photo in enumerate(photos):
                (folder / f"{number:05}.jpg").write_bytes(photo)
            times: dict[Path, list[float]] = {other: [], HERE: []}
            for number in range(options.rounds):
                for checkout in (other, HERE) if number % 2 else (HERE, other):
                    times[checkout].append(_measured(checkout, folder))
            _print(title, times[other], times[HERE])


def _sets(
    count: int, data: Path | None, face_free: Path | None
) -> list[tuple[str, Sequence[bytes]]]:
    from tests.bench.photo_sets import PHOTO_SETS, everyday

    sets: list[tuple[str, Sequence[bytes]]] = [
        (title, list(photos(count))) for title, photos in PHOTO_SETS.items()
    ]
    if data and face_free:
        sets.append(("everyday", everyday(data, face_free, 5 * count)))
    return sets


def _print(title: str, other: Sequence[float], this: Sequence[float]) -> None:
    ratios = [before / now for before, now in zip(other, this, strict=True)]
    before, now = statistics.median(other), statistics.median(this)
    sys.stdout.write(
        f"| {title} | {before:.2f} | {now:.2f} | {statistics.median(ratios):.2f} "
        f"| {min(ratios):.2f}–{max(ratios):.2f} |\n"
    )
    sys.stdout.flush()


def _measured(checkout: Path, folder: Path) -> float:
    """Return ms of CPU time per photo of a checkout's pipeline."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, __file__, CHILD, str(folder)]
    printed = subprocess.check_output(command, env=environment, cwd=folder, text=True)
    name, milliseconds = printed.split()
    if not Path(name).is_relative_to(checkout):
        raise SystemExit(f"{checkout} is no checkout: the pipeline was imported from {name}")
    return float(milliseconds)


def _child(folder: Path) -> None:
    import cv2

    # efbbf39 has it at another place.
    pipeline = import_module(
        "worker.vision.pipeline" if find_spec("worker.vision") else "worker.pipeline"
    )
    cv2.setNumThreads(1)
    photos = [path.read_bytes() for path in sorted(folder.iterdir())]
    loaded = pipeline.Pipeline.load("default")
    for photo in photos[:WARM_UP]:
        loaded(photo)
    start = time.process_time()
    loaded.classify([loaded.find(photo) for photo in photos])
    spent = time.process_time() - start
    sys.stdout.write(f"{pipeline.__file__} {1000 * spent / len(photos)}\n")


if __name__ == "__main__":
    if CHILD in sys.argv:
        _child(Path(sys.argv[-1]))
    else:
        main()

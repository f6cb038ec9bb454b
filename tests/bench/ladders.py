"""`python -m tests.bench.ladders DATA`: faces found and ms a photo, for several size ladders.

DATA is a folder of datasets, each with a `labels.csv`; every photo in them has a face. The table
in `docs/adr/0007-detection-ladder.md` is this command's output.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from pathlib import Path

from worker.decode import Pixels, decode
from worker.detect import HogDetector

LADDERS = (
    (320,),
    (640,),
    (320, 640),
    (320, 640, 1280),
    (400, 800),
    (320, 480, 800),
    (240, 400, 640, 1000),
)
SETS = {
    "mtfl": "net_7876",
    "celeba_wild": "",
    "lfw": "",
    "selfies_sunglasses": "",
    "all_age_faces": "",
}


def main() -> None:
    """Measure every ladder on the same photos."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ladders", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--photos", type=int, default=150, help="of each dataset (default: 150)")
    options = parser.parse_args()
    sets = {
        name: _sample(options.data / name, start, options.photos) for name, start in SETS.items()
    }
    head = "".join(f"{name:>26}" for name in sets)
    sys.stdout.write(f"{'ladder':<22}{head}\n")
    for ladder in LADDERS:
        detector = HogDetector(ladder)
        cells = []
        for photos in sets.values():
            start = time.perf_counter()
            found = sum(bool(detector(pixels)) for pixels in photos)
            ms = 1000 * (time.perf_counter() - start) / len(photos)
            cells.append(f"{found}/{len(photos)} {ms:.1f} ms")
        sys.stdout.write(f"{'-'.join(map(str, ladder)):<22}" + "".join(f"{c:>26}" for c in cells))
        sys.stdout.write("\n")
        sys.stdout.flush()


def _sample(folder: Path, start: str, count: int) -> list[Pixels]:
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        names = sorted(r["path"] for r in csv.DictReader(file) if r["path"].startswith(start))
    chosen = random.Random(1).sample(names, min(count, len(names)))
    return [decode((folder / name).read_bytes()).pixels for name in chosen]


if __name__ == "__main__":
    main()

"""Count the faces that only the vote finds: `python -m tests.bench.votes FOLDER...`.

The vote is not taken on photos in which the first pass proposes nothing. This counts, per folder of
photos, those on which it would find a face, and on how many of them the first pass proposes
nothing; and how many of the others are spared the vote.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from glasses.sources.walk import walk
from worker.vision.decode import decode
from worker.vision.detect.any_orientation import AnyOrientationDetector
from worker.vision.errors import PhotoError


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.votes", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--step", type=int, default=1, help="take one photo of so many")
    options = parser.parse_args()
    detector = AnyOrientationDetector.load()
    for folder in options.folders:
        paths = [source.path for source in walk([str(folder)])][:: options.step]
        counts = Counter(kind for path in paths for kind in _kinds(detector, path))
        sys.stdout.write(
            f"{folder.name}: {len(paths)} photos; without a face before the vote "
            f"{counts['vote']}, in {counts['nothing']} of them nothing is proposed; a vote would "
            f"find a face in {counts['found']}, in {counts['found in nothing']} of them nothing "
            "is proposed\n"
        )


def _kinds(detector: AnyOrientationDetector, path: Path) -> list[str]:
    cascade = detector.cascade
    try:
        photo = decode(path.read_bytes())
        first = cascade.first_pass(photo)
        if any(not face.low_confidence and face.confirmed for face in detector(photo)):
            return []
        kinds = ["vote"] + ["nothing"] * (not first.proposed)
        if cascade.voted(photo):
            kinds += ["found"] + ["found in nothing"] * (not first.proposed)
    except PhotoError:
        return []
    return kinds


if __name__ == "__main__":
    main()

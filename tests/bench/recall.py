"""`python -m tests.bench.recall DATA`: faces found, false faces, ms a photo.

The reference (dlib at full size, then enlarged twice), the size ladder, and the cascade with both
policies see the same photos in turn. DATA is a folder of labelled datasets; only photos of its test
part count: no photo of these people taught the network. `--face-free` is a folder of photos without
faces. A table goes to standard error, JSON to standard output. The first run finds the known faces
of all of DATA, which takes long; they are kept in the runs folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.bench.groups import groups
from training.proposals import compare
from training.proposals.evaluate import evaluate
from training.proposals.reference import ReferenceDetector
from training.proposals.space import Space
from training.proposals.stages import teach
from training.workspace import Workspace
from worker.detect import Detector, HogDetector
from worker.detect.cascade import CascadeDetector, Policy


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.recall", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, help="photos of each dataset at most")
    parser.add_argument("--face-free", type=Path, help="folder of photos without faces")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"))
    parser.add_argument("--network", type=Path, help="folder of another proposing network")
    options = parser.parse_args()
    space = Space(Workspace(options.data, options.runs), options.face_free)
    teach(space, processes=2)
    compared: dict[str, Detector] = {
        "reference": ReferenceDetector(),
        "ladder": HogDetector(),
        **{f"cascade-{p}": CascadeDetector.load(p, options.network) for p in Policy},
    }
    figures = evaluate(space, compared, options.limit)
    figures["groups"] = {
        name: crowd(name, detector, options.limit or 60, space)
        for name, detector in compared.items()
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def crowd(name: str, detector: Detector, count: int, space: Space) -> dict[str, float]:
    """Rendered group photos: faces found of all, false ones, ms a photo."""
    line, found, listed = compare.Line(), 0, 0
    for pixels, faces in groups(space, count):
        some, wrong = compare.timed(detector, pixels, faces, line)
        found, listed = found + some, listed + len(faces)
        line.unlisted.append(wrong)
    result = {
        "photos": count,
        "faces": listed,
        "found": found,
        "recall": round(found / listed, 4),
        "unlisted": sum(line.unlisted),
        "ms": round(line.ms, 2),
    }
    sys.stderr.write(f"{'groups':20} {name:14} {result}\n")
    return result


if __name__ == "__main__":
    main()

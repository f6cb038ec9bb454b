"""Measure turned photos: `python -m tests.bench.orientations DATA --faces FOLDER --no-face FOLDER`.

The pipeline with a detector for upright faces only (before) and the one that workers use (after)
classify the same photos:

- a balanced sample of labelled whole photos with one face, turned clockwise by numpy and Pillow:
  F1, photos without a face, false alarms and missed glasses per angle;
- the photos of each `--faces` folder with a `labels.csv`: the share in which a face is found;
- `--no-face`, photos without faces and a `labels.csv`: those with a face, and CPU ms per photo of
  the detection, both pipelines by turns. Photos whose notes name a statue, a drawing, a print or a
  doll are left out. `--half` takes every other file: thresholds are chosen on the first half.

Only the test part of DATA is used unless `--part validation` is given, whose people are not in the
training part either.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from training.common.sample import Sample
from training.common.splits import PARTS, TEST
from training.common.workspace import Workspace
from worker.vision import model_store
from worker.vision.classify import OnnxClassifier
from worker.vision.detect.any_orientation import AnyOrientationDetector
from worker.vision.detect.cascade import CascadeDetector
from worker.vision.photo import Pixels
from worker.vision.pipeline import Pipeline

DATASETS = ("lfw", "celeba_wild", "mtfl", "ytf_frames", "selfies_sunglasses")
ANGLES = (0, 90, 180, 270, 45, 315)
NOT_STRICT = ("statue", "drawing", "print", "doll")
"""Words in the notes of photos that show something like a face."""
Pipelines = dict[str, Pipeline]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.orientations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", type=Path, nargs="?", help="folder of labelled datasets")
    parser.add_argument("--limit", type=int, default=20, help="photos per dataset and label")
    parser.add_argument("--part", choices=PARTS, default=TEST)
    parser.add_argument("--angles", type=int, nargs="+", default=ANGLES)
    parser.add_argument("--faces", type=Path, action="append", default=[])
    parser.add_argument("--no-face", type=Path)
    parser.add_argument("--rounds", type=int, default=3, help="the fastest of each photo counts")
    parser.add_argument("--half", type=int, choices=(1, 2), help="half of --no-face")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"))
    parser.add_argument("--network", type=Path, help="folder of another proposal network")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    classifier = OnnxClassifier(model_store.load("default"))
    cascade = CascadeDetector.load(folder=options.network)
    pipelines = {
        "before": Pipeline(cascade, classifier),
        "after": Pipeline(AnyOrientationDetector(cascade), classifier),
    }
    figures: dict[str, object] = {}
    if options.data:
        samples = balanced(options.data, options.runs, options.part, options.limit)
        figures |= {f"{angle}°": turned(pipelines, samples, angle) for angle in options.angles}
    for folder in options.faces:
        figures[folder.name] = recall(pipelines, [path for path, _ in listed(folder)])
    if options.no_face:
        paths = [p for p, notes in listed(options.no_face) if is_strict(notes)]
        paths = paths[options.half - 1 :: 2] if options.half else paths
        figures["no face"] = no_face(pipelines, paths, options.rounds)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def balanced(data: Path, runs: Path, part: str, limit: int) -> list[Sample]:
    """Return at most `limit` photos of each dataset and label; every call returns the same."""
    space = Workspace(data, runs)
    chosen = []
    for name in DATASETS:
        for label in (True, False):
            found = [
                s
                for s in space.samples
                if (s.dataset, s.has_glasses, space.part_of[s.name]) == (name, label, part)
            ]
            chosen += random.Random(5).sample(found, min(limit, len(found)))
    return chosen


def turned(pipelines: Pipelines, samples: Iterable[Sample], angle: int) -> dict[str, object]:
    """Return the figures of both pipelines on photos turned clockwise by an angle."""
    photos = [(turn(sample.path, angle), sample.has_glasses) for sample in samples]
    result = {}
    for name, pipeline in pipelines.items():
        hits = missed = false = empty = 0
        for data, label in photos:
            faces = pipeline(data).faces
            verdict = any(face.probability >= pipeline.threshold for face in faces)
            hits += verdict and label
            false += verdict and not label
            missed += label and not verdict
            empty += not faces
        f1 = 2 * hits / max(1, 2 * hits + false + missed)
        result[name] = {
            "photos": len(photos),
            "f1": round(f1, 4),
            "no face": empty,
            "false alarms": false,
            "missed glasses": missed,
        }
    _log(f"{angle}°", result)
    return result


def turn(path: Path, angle: int) -> bytes:
    """Return a photo turned clockwise, on a canvas that shows all of it, with black corners."""
    with Image.open(path) as image:
        upright = image.convert("RGB")
    pixels: Pixels = np.asarray(upright)
    picture = (
        Image.fromarray(np.ascontiguousarray(np.rot90(pixels, -angle // 90)))
        if angle % 90 == 0
        else upright.rotate(-angle, Image.Resampling.BICUBIC, expand=True)
    )
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def recall(pipelines: Pipelines, paths: list[Path]) -> dict[str, object]:
    """Return in how many photos a face is found."""
    result: dict[str, object] = {"photos": len(paths)}
    for name, pipeline in pipelines.items():
        result[f"no face {name}"] = sum(not pipeline(path.read_bytes()).faces for path in paths)
    _log("recall", result)
    return result


def no_face(pipelines: Pipelines, paths: list[Path], rounds: int) -> dict[str, object]:
    """Return in how many photos a false face is found, and the CPU ms of the detection."""
    spent: dict[str, list[float]] = {name: [] for name in pipelines}
    found = dict.fromkeys(pipelines, 0)
    for path in paths:
        data = path.read_bytes()
        best = dict.fromkeys(pipelines, float("inf"))
        for _ in range(rounds):
            for name, pipeline in pipelines.items():
                best[name] = min(best[name], _cpu(partial(pipeline.find, data)))
        for name, pipeline in pipelines.items():
            spent[name].append(1000 * best[name])
            found[name] += bool(pipeline(data).faces)
    result: dict[str, object] = {"photos": len(paths)}
    for name in pipelines:
        result[f"with a face {name}"] = found[name]
        result[f"ms {name}"] = round(statistics.fmean(spent[name]), 2)
    _log("no face", result)
    return result


def listed(folder: Path) -> list[tuple[Path, str]]:
    """Return path and notes of the photos of a folder, by name."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return sorted((folder / row["path"], row["notes"]) for row in csv.DictReader(file))


def is_strict(notes: str) -> bool:
    """Return whether nothing in a photo is meant to look like a face."""
    return not any(word in notes for word in NOT_STRICT)


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _log(name: str, figures: object) -> None:
    sys.stderr.write(f"{name:10} {json.dumps(figures)}\n")


if __name__ == "__main__":
    main()

"""`python -m tests.bench.speed`: photos a second of the whole pipeline on one core, by detector.

Demo photos as portraits of half a megapixel, a phone's 12 megapixels, and a rendered group of
1280 px; every detector in turn, many rounds, the fastest round of each counts: other work on the
machine can only slow a round down.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from training.proposals.reference import ReferenceDetector
from worker import model_store
from worker.classify import OnnxClassifier
from worker.decode import decode
from worker.detect import Detector, HogDetector
from worker.detect.cascade import CascadeDetector, Policy
from worker.pipeline import Pipeline

DEMO = Path(__file__).parents[2] / "demo" / "photos"
PORTRAITS = ("hopper.jpg", "giunchedi.jpg", "van-rossum.jpg", "collins.jpg")
PIXELS = 500_000
GROUP = (1280, 853)
FACE = 60
"""Px of a face in the group, about."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.speed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    classifier = OnnxClassifier(model_store.load(options.model))
    detectors: dict[str, Detector] = {
        "ladder": HogDetector(),
        **{f"cascade-{policy}": CascadeDetector.load(policy) for policy in Policy},
        "reference": ReferenceDetector(),
    }
    piles = {
        "portraits": [_portrait(name) for name in PORTRAITS],
        "phone": [(DEMO / "hopper-12-megapixels.jpg").read_bytes()],
        "group": [_group()],
    }
    result: dict[str, dict[str, float]] = {}
    for pile, photos in piles.items():
        decoding = _fastest(options.rounds, lambda p=photos: [decode(data).pixels for data in p])
        result[pile] = {"decode ms": round(1000 * decoding / len(photos), 2)}
        for name, detector in detectors.items():
            pipeline = Pipeline(detector, classifier)
            rounds = options.rounds if name != "reference" else 2
            seconds = _fastest(
                rounds, lambda p=photos, q=pipeline: q.classify([q.find(d) for d in p])
            )
            faces = sum(len(pipeline(data).faces) for data in photos)
            result[pile][f"{name} photos/s"] = round(len(photos) / seconds, 1)
            result[pile][f"{name} faces"] = faces
        sys.stderr.write(f"{pile:10} {result[pile]}\n")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


def _fastest(rounds: int, work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _portrait(name: str) -> bytes:
    pixels = decode((DEMO / name).read_bytes()).pixels
    scale = (PIXELS / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return _jpeg(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how))


def _group() -> bytes:
    """Twelve people in three rows."""
    width, height = GROUP
    photo = np.full((height, width, 3), 120, np.uint8)
    detector = HogDetector()
    for place in range(12):
        pixels = decode((DEMO / PORTRAITS[place % len(PORTRAITS)]).read_bytes()).pixels
        scale = FACE * (0.8 + 0.05 * place) / detector(pixels)[0].width
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        small = small[: height // 3, : width // 4]
        top, left = place // 4 * (height // 3), place % 4 * (width // 4)
        photo[top : top + small.shape[0], left : left + small.shape[1]] = small
    return _jpeg(photo)


def _jpeg(pixels: object) -> bytes:
    picture = np.ascontiguousarray(np.asarray(pixels, dtype=np.uint8))
    return bytes(simplejpeg.encode_jpeg(picture, quality=90))


if __name__ == "__main__":
    main()

"""Measure how fast scenes of the detector's training are composed: `python -m tests.bench.scenes`.

Batches on the device and the OpenCV reference on the host (`tests.support.host_scenes`) alternate,
with one thread each, on the demo photos. Times are CPU milliseconds per scene:
medians over the rounds, and the quartiles of the ratio within each round.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from tests.support import host_scenes
from training.common.allocator import keep_memory
from training.common.random_source import RandomSource
from training.detector.quick_teacher import teach_quickly
from training.detector.scenes import PhotoStore, SceneComposer, SourcePhoto
from worker.vision.decode import decode

PHOTOS = Path(__file__).parents[2] / "demo" / "photos"
PEOPLE = ("collins", "giunchedi", "group-with-glasses", "group-without-glasses", "van-rossum")
LONGEST = 400
BATCH = 48


def main() -> None:
    """Measure and print."""
    keep_memory()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scenes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--device", default="cpu", help="device of the batches; default cpu")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    photos = demo_photos()
    ground = [np.ascontiguousarray(np.flipud(photo.pixels)) for photo in photos]
    host = host_scenes.HostScenes(
        [host_scenes.HostPhoto(host_scenes.levels(p.pixels), p.faces, p.unsure) for p in photos],
        ground,
    )
    device = torch.device(options.device)
    composer = SceneComposer(PhotoStore(photos, ground, device))
    generator, rng = np.random.default_rng(0), RandomSource.seeded(0, device)

    def on_host() -> None:
        for _ in range(BATCH):
            host.draw(generator)

    def in_batches() -> None:
        composer.draw(BATCH, rng).faces.sum().item()

    for compose in (on_host, in_batches):
        compose()
    times = np.array([[_ms(on_host), _ms(in_batches)] for _ in range(options.rounds)])
    ratio = np.percentile(times[:, 0] / times[:, 1], (25, 50, 75))
    one, other = np.median(times, axis=0)
    sys.stdout.write(
        f"{options.rounds} rounds of {BATCH} scenes\n"
        f"host, OpenCV        {one:6.2f} ms per scene\n"
        f"batches, {options.device:10} {other:6.2f} ms per scene\n"
        f"host / batches      {ratio[1]:6.2f} (quartiles {ratio[0]:.2f} to {ratio[2]:.2f})\n"
    )


def demo_photos() -> list[SourcePhoto]:
    """Return demo photos, with the faces that are found in them."""
    result = []
    for name in PEOPLE:
        pixels = decode((PHOTOS / f"{name}.jpg").read_bytes()).pixels
        scale = LONGEST / max(pixels.shape[:2])
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        pixels = np.asarray(small, dtype=np.uint8)
        found = teach_quickly(pixels)
        result.append(SourcePhoto(pixels, found.sure, found.unsure))
    return result


def _ms(compose: Callable[[], None]) -> float:
    # CPU time on a CPU: other processes of a busy machine do not count.
    start = time.process_time()
    compose()
    return 1000 * (time.process_time() - start) / BATCH


if __name__ == "__main__":
    main()

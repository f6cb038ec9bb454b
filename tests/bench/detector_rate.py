"""Measure training of the detector on a CPU: `python -m tests.bench.detector_rate PHOTOS`.

PHOTOS is a folder with photos of faces, which the released detector labels. It is fine-tuned on
scenes that OpenCV composes one by one on the host (`tests.support.host_scenes`), and on scenes
composed in batches, in turns, for several seeds.

Printed are scenes per second of the training steps, of wall time and of CPU time (in which other
processes of a busy machine do not count), the time of a block of steps, peak memory, and recall on
held-out photos at probability 0.7, mean and deviation over the seeds.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from tests.support import host_scenes
from training.common.allocator import keep_memory
from training.common.distributed import ComputeDevice
from training.common.random_source import RandomSource
from training.detector import fit
from training.detector.pseudo_labels import PseudoLabels
from training.detector.quick_teacher import teach_quickly
from training.detector.recipe import DetectorRecipe
from training.detector.scenes import PhotoStore, SceneBatch, SceneComposer, SourcePhoto
from training.detector.scenes.photo_store import padded
from training.detector.validation import validator
from worker.vision import model_store
from worker.vision.decode import Pixels, decode
from worker.vision.detect.cascade import RELEASE

WAYS = ("host", "batches")
LONGEST = 400
HERE = ComputeDevice(torch.device("cpu"))


class HostComposer:
    """Composes scenes one by one with OpenCV, and collects them in a batch."""

    def __init__(self, photos: list[SourcePhoto], grounds: list[Pixels]) -> None:
        sources = [
            host_scenes.HostPhoto(host_scenes.levels(p.pixels), p.faces, p.unsure) for p in photos
        ]
        self._scenes = host_scenes.HostScenes(sources, grounds)

    def draw(self, count: int, rng: RandomSource) -> SceneBatch:
        """Return random scenes."""
        host = np.random.default_rng(rng.host.getrandbits(64))
        drawn = [self._scenes.draw(host) for _ in range(count)]
        faces = [scene.faces[np.argsort(-scene.faces[:, 2])] for scene in drawn]
        return SceneBatch(
            torch.from_numpy(np.stack([scene.pixels for scene in drawn])).permute(0, 3, 1, 2),
            torch.from_numpy(padded(faces)),
            torch.from_numpy(padded([scene.unsure for scene in drawn])),
            torch.tensor([scene.face_free for scene in drawn]),
        )


def main() -> None:
    """Measure and print."""
    keep_memory()
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.detector_rate", description=__doc__
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=500, help="photos, a fifth for validation")
    parser.add_argument("--blocks", type=int, default=2)
    parser.add_argument("--steps", type=int, default=25, help="steps per block")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(json.dumps(_train(options)))
        return
    results: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for seed in range(1, options.seeds + 1):
        for way in WAYS if seed % 2 else reversed(WAYS):
            command = [sys.executable, "-m", "tests.bench.detector_rate", *sys.argv[1:]]
            command += ["--way", way, "--seed", str(seed)]
            run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            results[way].append(json.loads(run.stdout))
            sys.stderr.write(f"{way} seed {seed}: {results[way][-1]}\n")
    sys.stdout.write(
        "| scenes | scenes/s, wall | scenes/s, CPU | block, s | peak memory, MB | recall |\n"
        "|---|---|---|---|---|---|\n"
    )
    for way, runs in results.items():
        wall, cpu = ([rate for run in runs for rate in run[name]] for name in ("wall", "cpu"))
        seconds = [value for run in runs for value in run["seconds"]]
        recall = [run["recall"] for run in runs]
        sys.stdout.write(
            f"| {way} | {statistics.median(wall):.1f} ({min(wall):.1f}–{max(wall):.1f}) "
            f"| {statistics.median(cpu):.1f} ({min(cpu):.1f}–{max(cpu):.1f}) "
            f"| {statistics.median(seconds):.1f} | {max(run['mb'] for run in runs):.0f} "
            f"| {statistics.mean(recall):.3f} ± {statistics.pstdev(recall):.3f} |\n"
        )


def _train(options: argparse.Namespace) -> dict[str, Any]:
    cv2.setNumThreads(1)
    paths = sorted(options.photos.rglob("*.jpg"), key=lambda path: zlib.crc32(path.name.encode()))
    photos = [_labelled(path) for path in paths[: options.count]]
    photos = [photo for photo in photos if len(photo.faces)]
    held_out, known = photos[::5], [p for i, p in enumerate(photos) if i % 5]
    grounds = [np.ascontiguousarray(np.flipud(photo.pixels)) for photo in known[::10]]
    composer: Any = (
        HostComposer(known, grounds)
        if options.way == "host"
        else SceneComposer(PhotoStore(known, grounds, HERE.device))
    )
    recipe = DetectorRecipe(blocks=options.blocks, steps=options.steps, seed=options.seed)
    times, block = [], fit._block

    def timed(*arguments: Any) -> float:
        wall, cpu = time.perf_counter(), time.process_time()
        loss = block(*arguments)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
        return loss

    fit._block = timed
    validate = validator(
        [
            (p.pixels, PseudoLabels(p.pixels.shape[1::-1], p.faces, p.unsure, "dlib"))
            for p in held_out
        ],
        [],
    )
    with tempfile.TemporaryDirectory() as into:
        init = model_store.MODELS / RELEASE / "model.onnx"
        fit.fit(composer, recipe, Path(into), "photos", validate, HERE, init)
        with (Path(into) / "log.csv").open(newline="") as file:
            last = list(csv.DictReader(file))[-1]
    count = recipe.steps * recipe.batch
    return {
        "wall": [count / wall for wall, _ in times],
        "cpu": [count / cpu for _, cpu in times],
        "seconds": [wall for wall, _ in times],
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "recall": float(last["recall@0.7"]),
    }


def _labelled(path: Path) -> SourcePhoto:
    pixels = decode(path.read_bytes()).at(LONGEST)
    scale = min(1.0, LONGEST / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = teach_quickly(np.asarray(small, dtype=np.uint8))
    return SourcePhoto(np.asarray(small, dtype=np.uint8), found.sure, found.unsure)


if __name__ == "__main__":
    main()

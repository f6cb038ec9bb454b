"""Photos and their known faces, in memory, as sources of scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from training.common.progress import ProgressLine
from training.common.sample import Sample
from training.detector.pseudo_labels import PseudoLabels
from training.detector.recipe import DetectorRecipe
from training.detector.scenes import SourcePhoto
from worker.vision.decode import Pixels, decode

LONGEST = 400
"""Photos are reduced to this longest side in px."""


def sources(
    samples: Sequence[Sample], known: Mapping[str, PseudoLabels], recipe: DetectorRecipe
) -> list[SourcePhoto]:
    """Return the photos to compose scenes from; photos without a known face are left out.

    Args:
        samples: Photos of the training part.
        known: Their faces.
        recipe: Has the uses per photo; below 1, a share of the photos is drawn.
    """
    rng = np.random.default_rng(recipe.seed)
    progress = ProgressLine("photos read", len(samples))
    result: list[SourcePhoto] = []
    for sample in samples:
        progress.add()
        faces = known.get(sample.name)
        use = recipe.uses.get(sample.dataset, 1.0)
        if faces is not None and faces.origin != "dlib":
            use = recipe.hard * max(use, 1.0)
        times = int(use) + int(rng.random() < use % 1)
        if not times or faces is None or not faces.origin:
            continue
        pixels = _reduced(decode(sample.path.read_bytes()).at(LONGEST))
        faces = faces.scaled(pixels.shape[1])
        result.append(SourcePhoto(pixels, faces.faces, faces.unsure, times))
    return result


def _reduced(pixels: Pixels) -> Pixels:
    scale = LONGEST / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)

"""Photos and their known faces, in memory, ready to be put into scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from training.progress import Progress
from training.proposals.known import Known
from training.proposals.scene import Source, levels
from training.sample import Sample
from worker.decode import Pixels, decode

LONGEST = 400
"""Px of the longest side that is kept of a photo."""


def sources(
    samples: Sequence[Sample],
    known: Mapping[str, Known],
    uses: Mapping[str, float],
    hard: float,
    rng: np.random.Generator,
) -> list[Source]:
    """The photos to draw scenes from; one that is used three times as often is listed three times.

    Args:
        samples: Of the training part.
        known: Their faces; photos in which nobody knows one are left out.
        uses: Dataset -> how often a photo is used; below 1 a share of its photos is drawn.
        hard: How much more often where the teacher needed help.
        rng: Draws that share.
    """
    progress = Progress("photos read", len(samples))
    result: list[Source] = []
    for sample in samples:
        progress.add()
        faces = known.get(sample.name)
        use = uses.get(sample.dataset, 1.0)
        if faces is not None and faces.how != "dlib":
            use = hard * max(use, 1.0)
        times = int(use) + int(rng.random() < use % 1)
        if not times or faces is None or not faces.how:
            continue
        pixels = _reduced(decode(sample.path.read_bytes()).at(LONGEST))
        faces = faces.scaled(pixels.shape[1])
        source = Source(levels(pixels), faces.faces, faces.unsure)
        result.extend([source] * times)
    return result


def _reduced(pixels: Pixels) -> Pixels:
    scale = LONGEST / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)

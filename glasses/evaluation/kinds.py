"""Figures of the three classes: no glasses, eyeglasses and sunglasses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glasses.evaluation.eyewear import CLASSES, class_f1, macro_f1, macro_f1_interval, matrix_of
from glasses.evaluation.figures import KindFigures, KindMistake, KindRow, Rate
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.verdict import Verdict, deciding_of

KINDS = {Eyewear.EYEGLASSES, Eyewear.SUNGLASSES}


def kind_figures(photos: Sequence[tuple[Verdict, Eyewear]]) -> KindFigures | None:
    """Return the figures of verdicts on photos whose label tells what the person wears.

    Args:
        photos: Verdict and label of each photo.

    Returns:
        None if a kind has no label, or the model does not tell kinds.
    """
    if not {label for _, label in photos} >= KINDS:
        return None
    if any(face.eyewear is None for verdict, _ in photos for face in verdict.faces):
        return None
    called = [verdict.eyewear or Eyewear.NONE for verdict, _ in photos]
    matrix = matrix_of(zip((label for _, label in photos), called, strict=True))
    low, high = macro_f1_interval(matrix)
    scores = class_f1(matrix)
    rows = (
        KindRow(
            label=label,
            none=int(counts[0]),
            eyeglasses=int(counts[1]),
            sunglasses=int(counts[2]),
            f1=None if np.isnan(f1) else float(f1),
        )
        for label, counts, f1 in zip(CLASSES, matrix, scores, strict=True)
    )
    return KindFigures(
        photos=len(photos),
        matrix=tuple(rows),
        macro_f1=Rate(value=float(macro_f1(matrix)), low=low, high=high),
        mistakes=tuple(
            _mistake(verdict, label, seen)
            for (verdict, label), seen in zip(photos, called, strict=True)
            if {label, seen} == KINDS
        ),
    )


def _mistake(verdict: Verdict, label: Eyewear, called: Eyewear) -> KindMistake:
    face = deciding_of(verdict)
    assert face is not None
    assert face.sunglasses_probability is not None
    return KindMistake(
        image=verdict.image,
        label=label,
        verdict=called,
        sunglasses_probability=face.sunglasses_probability,
    )

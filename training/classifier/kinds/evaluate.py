"""Calibration and figures of the kinds, by the whole pipeline, on photos unseen in training."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from glasses.errors import UsageError
from glasses.evaluation.eyewear import (
    CLASSES,
    class_f1,
    grouped_macro_f1_interval,
    macro_f1,
    matrix_of,
)
from glasses.protocol.eyewear import Eyewear, eyewear_of
from training.classifier.evaluate import OVERALL
from training.classifier.scoring import Scorer
from training.classifier.served_faces import ServedFaces
from training.common.calibration import Fit, fit_calibration, probabilities
from training.common.sample import Sample
from worker.vision.classify import LOGITS, SUNGLASSES
from worker.vision.model_manifest import Calibration
from worker.vision.pipeline import GLASSES_CONFIDENCE

DARK_SHARE = 1 / 3
"""Share of sunglasses among glasses that probabilities are calibrated for. Most collections have
fewer, those of holidays more. With a smaller share, more sunglasses count as eyeglasses."""
KNOWN = "sets of the network"
"""The row of the datasets that the network below the head was trained on."""
KINDS = (Eyewear.EYEGLASSES, Eyewear.SUNGLASSES)


@dataclass(frozen=True, slots=True)
class DecidingFaces:
    """What a network says about the deciding face of each photo.

    Attributes:
        samples: N photos whose eyewear is known.
        glasses: N; probability of glasses; 0 without a face.
        sunglasses: N; logit of sunglasses; 0 without a face.
        has_face: N; whether a face counts.
    """

    samples: Sequence[Sample]
    glasses: npt.NDArray[np.float64]
    sunglasses: npt.NDArray[np.float64]
    has_face: npt.NDArray[np.bool_]

    def verdicts(self, threshold: float, calibration: Calibration) -> list[Eyewear]:
        """Return what each photo shows, as a row says it; no face is no glasses."""
        dark = probabilities(self.sunglasses, calibration)
        found = zip(self.glasses, dark, strict=True)
        return [eyewear_of(p, q, threshold) or Eyewear.NONE for p, q in found]


def deciding_faces(scorer: Scorer, faces: ServedFaces, calibration: Calibration) -> DecidingFaces:
    """Run a network with two outputs on the faces of photos.

    Args:
        scorer: The network.
        faces: The faces of the photos; those without a known eyewear are left out.
        calibration: That of the first output.
    """
    known = faces.pick([sample for sample in faces.samples if sample.eyewear is not None])
    logits, dark = scorer.outputs(known.crops, [LOGITS, SUNGLASSES]).astype(np.float64)
    values = probabilities(logits, calibration)
    counts = ~known.low_confidence | (values >= GLASSES_CONFIDENCE)
    count = len(known.samples)
    glasses, sunglasses = np.zeros(count), np.zeros(count)
    has_face = np.zeros(count, dtype=np.bool_)
    for face in np.flatnonzero(counts):
        photo = known.photo[face]
        if not has_face[photo] or values[face] > glasses[photo]:
            glasses[photo], sunglasses[photo] = values[face], dark[face]
            has_face[photo] = True
    return DecidingFaces(known.samples, glasses, sunglasses, has_face)


def calibrate(validation: DecidingFaces) -> Fit:
    """Return the calibration of the second output, for glasses of which `DARK_SHARE` are dark.

    Raises:
        UsageError: A kind is missing among the photos.
    """
    labels = [sample.eyewear for sample in validation.samples]
    chosen = validation.has_face & np.array([label in KINDS for label in labels])
    dark = np.array([label is Eyewear.SUNGLASSES for label in labels])[chosen]
    if dark.all() or not dark.any():
        raise UsageError(
            "the validation part has one kind of glasses only: label photos of more people with "
            "eyeglasses and with sunglasses"
        )
    return fit_calibration(validation.sunglasses[chosen], dark, share=DARK_SHARE)


def figures(
    faces: DecidingFaces, threshold: float, calibration: Calibration, known: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return the figures of the three classes: of each dataset, of the known ones, of all photos.

    Args:
        faces: Test photos.
        threshold: Glasses at this probability and above.
        calibration: That of the second output.
        known: Datasets that the network below the head was trained on, on other people.
    """
    verdicts = faces.verdicts(threshold, calibration)
    names = [sample.dataset for sample in faces.samples]
    parts = {name: [i for i, n in enumerate(names) if n == name] for name in sorted(set(names))}
    if 1 < len(parts.keys() & set(known)) < len(parts):
        parts[KNOWN] = [i for i, n in enumerate(names) if n in known]
    if len(set(names)) > 1:
        parts[OVERALL] = list(range(len(names)))
    return {name: _line(faces.samples, verdicts, chosen) for name, chosen in parts.items()}


def _line(
    samples: Sequence[Sample], verdicts: Sequence[Eyewear], chosen: Sequence[int]
) -> dict[str, Any]:
    pairs = [(samples[i].eyewear or Eyewear.NONE, verdicts[i]) for i in chosen]
    matrix = matrix_of(pairs)
    worn, seen = matrix[1:, 1:], np.diagonal(matrix)[1:]
    low, high = grouped_macro_f1_interval(pairs, [samples[i].group for i in chosen])
    return {
        "photos": len(pairs),
        "matrix": matrix.tolist(),
        "f1": {
            str(eyewear): None if np.isnan(value) else round(float(value), 4)
            for eyewear, value in zip(CLASSES, class_f1(matrix), strict=True)
        },
        "macro_f1": round(float(macro_f1(matrix)), 4),
        "macro_f1_interval": [round(low, 4), round(high, 4)],
        "kind_accuracy": round(float(seen.sum() / worn.sum()), 4) if worn.sum() else None,
    }


def mistakes(
    faces: DecidingFaces, threshold: float, calibration: Calibration
) -> list[dict[str, Any]]:
    """Return every photo with glasses of the wrong kind, for a person to check."""
    dark = probabilities(faces.sunglasses, calibration)
    return [
        {
            "photo": sample.name,
            "eyewear": sample.eyewear,
            "sunglasses_probability": round(float(dark[i]), 4),
        }
        for i, (sample, verdict) in enumerate(
            zip(faces.samples, faces.verdicts(threshold, calibration), strict=True)
        )
        if {sample.eyewear, verdict} == set(KINDS)
    ]

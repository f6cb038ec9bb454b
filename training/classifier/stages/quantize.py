"""Stage `quantize`: export the averaged network to float and 8-bit ONNX, and compare them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from training.classifier.model.backbones import DEFAULT, backbone, trained_network
from training.classifier.quantize import CALIBRATION_CROPS, export, quantize
from training.classifier.scoring import OnnxScorer
from training.common import checkpoint, float_weights, splits
from training.common.crop_set import CropSet
from training.common.geometry import centre_of
from training.common.progress import log
from training.common.stages import export_run
from training.common.workspace import Workspace

VERSION = 7
"""Increase it when the stage writes new content: older results are then written again."""
VALIDATION_CROPS = 2000
"""Enough to show whether 8 bits change verdicts."""

Row = dict[str, Any]
Variants = Callable[[Workspace, CropSet, npt.NDArray[np.uint8]], dict[str, Row]]
"""Other quantizations of a run: workspace, validation crops and stored training crops -> rows."""


def run(work: Workspace, variants: Variants | None = None) -> None:
    """Quantize the run's averaged network, calibrated on training crops.

    Args:
        work: The run.
        variants: Quantizes in other ways, for the table of the card.
    """
    has_variants = variants is not None
    export_run(work, "quantize", "fit", [VERSION, has_variants], lambda: _export(work, variants))


def _export(work: Workspace, variants: Variants | None) -> dict[str, Any]:
    work.int8.parent.mkdir(parents=True, exist_ok=True)
    train, validation = work.stored_crops(splits.TRAIN, splits.VALIDATION)
    chosen = np.random.default_rng(0).permutation(len(train.rows))[:CALIBRATION_CROPS]
    stored = train.pixels[np.sort(chosen)]
    crops, validation = centre_of(stored), _some(validation)
    network = trained_network(work.checkpoint)
    export(network, work.fp32)
    float_weights.write(network, work.weights)
    quantize(work.fp32, work.int8, crops)
    rows = {path.stem: row(path, validation, crops) for path in (work.fp32, work.int8)}
    if variants is not None:
        rows |= variants(work, validation, stored)
    state = checkpoint.load(work.checkpoint)
    kind = state.get("backbone") or DEFAULT
    facts: dict[str, Any] = {
        "backbone": kind,
        "architecture": backbone(kind).label,
        "crops": len(train.rows),
        "epochs": state["epoch"],
        "start": state["start"],
        "variants": rows,
    }
    for name in (work.fp32.stem, work.int8.stem):
        facts[f"{name}_bytes"] = rows[name]["bytes"]
        facts[f"{name}_crops_per_second"] = rows[name]["crops_per_second"]
    for name, figures in rows.items():
        log(
            f"quantize: {name:24} {figures['bytes']:9} bytes {figures['crops_per_second']:5} "
            f"crops/s on one core, F1 on validation crops {figures['f1']}"
        )
    return facts


def row(path: Path, validation: CropSet, crops: npt.NDArray[np.uint8]) -> Row:
    """Return size, speed and F1 of an ONNX file.

    Args:
        path: The network.
        validation: Stored validation crops, for F1.
        crops: N × SIZE × SIZE × 3, for the speed.
    """
    scorer = OnnxScorer(path)
    return {
        "bytes": path.stat().st_size,
        "crops_per_second": round(scorer.speed(crops)),
        "f1": f1(scorer(centre_of(validation.pixels)), validation),
    }


def f1(logits: npt.NDArray[np.float32], crops: CropSet) -> float:
    """Return the F1 of logits at probability 0.5."""
    labels = [row.has_glasses for row in crops.rows]
    return round(float(f1_score(labels, logits > 0)), 4)


def _some(crops: CropSet) -> CropSet:
    order = np.random.default_rng(0).permutation(len(crops.rows))[:VALIDATION_CROPS]
    return CropSet([crops.rows[i] for i in order], crops.pixels[order])

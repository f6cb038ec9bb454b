"""Checkpoint -> float ONNX -> int8 ONNX, and a table of what else there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from training import splits
from training.cache import file_hash, fingerprint, finish, is_fresh
from training.checkpoint import averaged, backbone_of, epochs_done
from training.cropset import CropSet
from training.export import export
from training.fit import CHECKPOINT
from training.geometry import centre_of
from training.model.backbones import backbone
from training.progress import say
from training.quantize import CALIBRATION_CROPS, quantize
from training.scoring import Scorer
from training.torch_int8 import TorchInt8
from training.workspace import Workspace, need, write_json

VERSION = 4
"""Raise it when there is more to write: what was written before is made anew."""
VALIDATION_CROPS = 2000
"""Enough to see whether 8 bits change verdicts."""


def run(work: Workspace, compare: bool = True) -> None:
    """Quantize the run's averaged network, calibrated on training crops.

    Args:
        work: Where the run is.
        compare: Quantize in the other ways, too, for the table.
    """
    checkpoint = need(work.fit / CHECKPOINT, "fit")
    key = fingerprint([VERSION, file_hash(checkpoint), compare])
    stamp = work.int8.with_suffix(".done")
    if is_fresh(stamp, key):
        say("quantize: up to date")
        return
    work.int8.parent.mkdir(parents=True, exist_ok=True)
    train, validation = work.stored_crops(splits.TRAIN, splits.VALIDATION)
    chosen = np.random.default_rng(0).permutation(len(train.rows))[:CALIBRATION_CROPS]
    stored = train.pixels[np.sort(chosen)]
    some, judges = centre_of(stored), _some(validation)
    export(averaged(checkpoint), work.fp32)
    quantize(work.fp32, work.int8, some)
    rows = {path.stem: _row(path, judges, some) for path in (work.fp32, work.int8)}
    if compare:
        full = work.int8.with_name("int8-full.onnx")
        quantize(work.fp32, full, some, reduce_range=False)
        rows["int8, weights of 8 bits"] = _row(full, judges, some)
        rows["int8 of torch"] = _torch_row(TorchInt8(averaged(checkpoint), stored), judges, stored)
    facts: dict[str, Any] = {
        "backbone": backbone_of(checkpoint),
        "architecture": backbone(backbone_of(checkpoint)).label,
        "crops": len(train.rows),
        "epochs": epochs_done(checkpoint),
        "variants": rows,
    }
    for name in (work.fp32.stem, work.int8.stem):
        facts[f"{name}_bytes"] = rows[name]["bytes"]
        facts[f"{name}_crops_per_second"] = rows[name]["crops_per_second"]
    for name, row in rows.items():
        say(
            f"quantize: {name:24} {row['bytes']:9} bytes {row['crops_per_second']:5} crops/s "
            f"on one core, F1 on validation crops {row['f1']}"
        )
    write_json(work.network_facts, facts)
    finish(stamp, key)


def _some(crops: CropSet) -> CropSet:
    order = np.random.default_rng(0).permutation(len(crops.rows))[:VALIDATION_CROPS]
    return CropSet([crops.rows[i] for i in order], crops.pixels[order])


def _row(path: Path, judges: CropSet, some: npt.NDArray[np.uint8]) -> dict[str, Any]:
    scorer = Scorer(path)
    return {
        "bytes": path.stat().st_size,
        "crops_per_second": round(scorer.speed(some)),
        "f1": _f1(scorer(centre_of(judges.pixels)), judges),
    }


def _torch_row(
    network: TorchInt8, judges: CropSet, stored: npt.NDArray[np.uint8]
) -> dict[str, Any]:
    speed = round(network.speed(stored))
    return {"bytes": network.size, "crops_per_second": speed, "f1": _f1(network(judges), judges)}


def _f1(logits: npt.NDArray[np.float32], crops: CropSet) -> float:
    labels = [row.has_glasses for row in crops.rows]
    return round(float(f1_score(labels, logits > 0)), 4)

"""Checkpoint -> float ONNX -> int8 ONNX."""

from __future__ import annotations

import numpy as np

from training import splits
from training.cache import file_hash, finish, is_fresh
from training.checkpoint import averaged, epochs_done
from training.export import export
from training.fit import CHECKPOINT
from training.geometry import centre_of
from training.progress import say
from training.quantize import CALIBRATION_CROPS, quantize
from training.scoring import Scorer
from training.workspace import Workspace, need, write_json


def run(work: Workspace) -> None:
    """Quantize the run's averaged network, calibrated on training crops."""
    checkpoint = need(work.fit / CHECKPOINT, "fit")
    key, stamp = file_hash(checkpoint), work.int8.with_suffix(".done")
    if is_fresh(stamp, key):
        say("quantize: up to date")
        return
    work.int8.parent.mkdir(parents=True, exist_ok=True)
    (train,) = work.stored_crops(splits.TRAIN)
    chosen = np.random.default_rng(0).permutation(len(train.rows))[:CALIBRATION_CROPS]
    some = centre_of(train.pixels[np.sort(chosen)])
    export(averaged(checkpoint), work.fp32)
    quantize(work.fp32, work.int8, some)
    facts = {"crops": len(train.rows), "epochs": epochs_done(checkpoint)}
    for path in (work.fp32, work.int8):
        size, speed = path.stat().st_size, round(Scorer(path).speed(some))
        facts |= {f"{path.stem}_bytes": size, f"{path.stem}_crops_per_second": speed}
        say(f"quantize: {path.name} {size} bytes, {speed} crops/s on one core")
    write_json(work.network_facts, facts)
    finish(stamp, key)

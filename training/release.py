"""A quantized network and its report -> a folder that the worker serves from."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasses.errors import ModelError
from training.cache import file_hash
from training.card import card
from training.evaluate import OVERALL, WHOLE_PHOTOS
from training.geometry import INPUT
from worker.manifest import Calibration, Manifest

FILE = "model.onnx"
CURVES = "curves.png"
MAX_BYTES = 3_000_000
"""A released file must be smaller: it lies in the repository."""
METRICS = ("photos", "precision", "recall", "f1", "f1_interval")


def release(
    network: Path,
    report: Mapping[str, Any],
    name: str,
    models: Path,
    curves: Path | None = None,
    left_out: Mapping[str, Any] | None = None,
) -> Manifest:
    """Put a model where the worker finds it, and make it the default.

    Args:
        network: The quantized ONNX file.
        report: Its evaluation.
        name: The release's name, such as `mobilenet_v2-5`.
        models: The folder of released models.
        curves: The picture of its curves, if there is one.
        left_out: The report of leaving each dataset out, if there is one.

    Returns:
        The manifest that was written.

    Raises:
        ModelError: The network is larger than `MAX_BYTES`.
    """
    if network.stat().st_size > MAX_BYTES:
        raise ModelError(
            f"{network} has {network.stat().st_size} bytes, a release at most {MAX_BYTES}: take a "
            "smaller network, or see which part of it was not quantized"
        )
    folder = models / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(network, folder / FILE)
    (folder / CURVES).unlink(missing_ok=True)
    if curves is not None and curves.is_file():
        shutil.copyfile(curves, folder / CURVES)
    manifest = Manifest(
        name=name,
        file=FILE,
        sha256=file_hash(folder / FILE),
        architecture=report["network"]["architecture"],
        input=INPUT,
        threshold=report["int8"]["threshold"],
        calibration=Calibration.model_validate(report["int8"]["calibration"]),
        metrics=_metrics(report["int8"]["by_dataset"]),
        trained_on=report["datasets"],
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n")
    has_curves = (folder / CURVES).is_file()
    (folder / "CARD.md").write_text(card(manifest, report, has_curves, left_out))
    (models / "DEFAULT").write_text(name + "\n")
    return manifest


def _metrics(lines: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name.replace(" ", "_"): {key: lines[name][key] for key in METRICS}
        for name in (OVERALL, WHOLE_PHOTOS)
        if name in lines
    }

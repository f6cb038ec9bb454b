"""Release of a classifier: model, manifest, curves and card in a folder that workers load."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.classifier.card import card
from training.classifier.evaluate import CURVES, LEAVE_ONE_OUT, OVERALL, WHOLE_PHOTOS
from training.classifier.kinds.release import KindsResult
from training.classifier.reduced_pass import reported
from training.common.cache import file_hash
from training.common.geometry import INPUT
from training.common.progress import log
from training.common.release import DEFAULT, FILE, check_target, write_release
from training.common.run_files import LEARNING_CURVES, read_json, require
from training.common.workspace import Workspace
from worker.vision.model_manifest import Calibration, ModelManifest

METRICS = ("photos", "precision", "recall", "f1", "f1_interval")


def run(work: Workspace, name: str, models: Path, force: bool = False) -> None:
    """Release the evaluated network of a run to `models/NAME`.

    Raises:
        UsageError: The run is not evaluated, or the release exists and is not to be replaced.
    """
    check_target(models, name, force)
    report = read_json(work.report, "evaluate")
    by_set = work.run / LEAVE_ONE_OUT
    left_out = json.loads(by_set.read_text()) if by_set.is_file() else None
    network = require(work.int8, "quantize")
    extras = [work.report.with_name(CURVES), work.fit / LEARNING_CURVES, work.weights]
    kinds = KindsResult.of_run(work)
    if kinds is None:
        log("no second output: run `glasses-train kinds` before to tell eyeglasses and sunglasses")
    manifest = release(network, report, name, models, extras, left_out, force, kinds)
    total = report["int8"]["by_dataset"][OVERALL]
    log(
        f"released {models / name}: F1 {total['f1']} on {total['photos']} test photos, glasses at "
        f"{manifest.threshold} and above"
    )
    log(f"use it: glasses classify PHOTOS --model {shlex.quote(_as_path(models / name))}")


def release(
    network: Path,
    report: Mapping[str, Any],
    name: str,
    models: Path,
    extras: Sequence[Path] = (),
    left_out: Mapping[str, Any] | None = None,
    force: bool = False,
    kinds: KindsResult | None = None,
) -> ModelManifest:
    """Write a release; the folder's file `DEFAULT`, if it has one, then names it.

    Args:
        network: The quantized ONNX file.
        report: Its evaluation.
        name: Name of the release, such as `mobilenet_v2-8`.
        models: Folder of released models.
        extras: Pictures for the card, and float weights; missing files are left out.
        left_out: The report of leaving each dataset out, if there is one.
        force: Whether to replace a release of this name.
        kinds: The network with its second output, if it has one.

    Returns:
        The manifest.

    Raises:
        ModelError: The network is too large, see `training.common.release`.
        UsageError: The release exists and is not to be replaced.
    """
    manifest = ModelManifest(
        name=name,
        file=FILE,
        sha256=file_hash(network),
        architecture=report["network"]["architecture"],
        input=INPUT,
        threshold=report["int8"]["threshold"],
        calibration=Calibration.model_validate(report["int8"]["calibration"]),
        reduced_pass=reported(report["int8"]),
        metrics=_metrics(report["int8"]["by_dataset"]),
        trained_on=report["datasets"],
        started_from=report["network"]["start"]["model"],
    )
    if kinds is not None:
        manifest = kinds.added_to(manifest)
        network = kinds.network
    found = [path for path in extras if path.is_file()]
    names = {path.name for path in found}
    about = kinds.report if kinds else None
    text = card(manifest, report, CURVES in names, left_out, LEARNING_CURVES in names, about)
    write_release(network, manifest, text, models, found, force)
    if (models / DEFAULT).is_file():
        (models / DEFAULT).write_text(name + "\n")
    return manifest


def _as_path(folder: Path) -> str:
    """Return a path that no name of a shipped model equals."""
    return str(folder) if folder.is_absolute() else f"./{folder}"


def _metrics(lines: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name.replace(" ", "_"): {key: lines[name][key] for key in METRICS}
        for name in (OVERALL, WHOLE_PHOTOS)
        if name in lines
    }

"""Comparison of backbones: size, speed and F1 after the same training.

All start from random weights and see the same crops equally often: ImageNet weights for only one of
them would decide the comparison. Their F1 is therefore below that of the released network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from training.classifier.evaluate import OVERALL
from training.classifier.model.backbones import backbone, trained_network
from training.classifier.model.initial import RANDOM
from training.classifier.recipe import COMPARED, ClassifierRecipe
from training.classifier.scoring import OnnxScorer
from training.classifier.stages import evaluate, fit, quantize
from training.common import splits
from training.common.atomic_file import write_json
from training.common.card import markdown_table
from training.common.distributed import leads
from training.common.progress import log
from training.common.workspace import Workspace
from worker.vision.decode import Pixels

REPORT = "backbones.json"
ROUNDS = 5
HEAD = (
    "| network | parameters, M | int8, MB | int8, crops/s | float, crops/s | int8 F1 | 95 % | "
    "float F1 |"
)


def run(
    work: Workspace,
    recipe: ClassifierRecipe,
    names: Sequence[str] = COMPARED,
    restart: bool = False,
) -> dict[str, Any]:
    """Fit, quantize and evaluate each; finished epochs are not repeated.

    Returns:
        Figures of each network; F1 is that of the whole pipeline at its own threshold. Nothing in
        processes that do not lead.
    """
    runs = {
        name: dataclasses.replace(work, variant=f"{work.variant or 'ours'}+random+{name}")
        for name in names
    }
    for name, one in runs.items():
        log(f"backbones: {backbone(name).label}")
        fit.run(one, RANDOM, dataclasses.replace(recipe, backbone=name), restart)
    if not leads():
        return {}
    validation, test = (evaluate.faces(work, part) for part in (splits.VALIDATION, splits.TEST))
    lines: dict[str, Any] = {}
    for name, one in runs.items():
        quantize.run(one)
        figures = {
            path.stem: evaluate.evaluate_network(one, path, validation, test)["by_dataset"][OVERALL]
            for path in (one.int8, one.fp32)
        }
        weights = trained_network(one.checkpoint).parameters()
        lines[name] = {
            "label": backbone(name).label,
            "parameters": sum(weight.numel() for weight in weights),
            "bytes": one.int8.stat().st_size,
            **{f"{stem}_f1": line["f1"] for stem, line in figures.items()},
            "f1_interval": figures[one.int8.stem]["f1_interval"],
        }
    paths = {(name, path.stem): path for name, one in runs.items() for path in (one.int8, one.fp32)}
    for (name, stem), speed in _speeds(paths, test.crops).items():
        lines[name][f"{stem}_crops_per_second"] = round(speed)
    report = {"epochs": recipe.epochs, "photos": len(test.samples), "networks": lines}
    write_json(work.run / REPORT, report)
    return report


def table(report: Mapping[str, Any]) -> str:
    """Return the report as a Markdown table."""
    rows = []
    for line in report["networks"].values():
        low, high = line["f1_interval"]
        rows.append(
            f"| {line['label']} | {line['parameters'] / 1e6:.2f} | {line['bytes'] / 1e6:.2f} | "
            f"{line['int8_crops_per_second']} | {line['fp32_crops_per_second']} | "
            f"{line['int8_f1']:.4f} | {low:.3f}–{high:.3f} | {line['fp32_f1']:.4f} |"
        )
    return markdown_table(HEAD, rows)


def _speeds(paths: Mapping[tuple[str, str], Path], crops: Pixels) -> dict[tuple[str, str], float]:
    """Measure crops per second in turns: a slow moment of the machine slows all networks."""
    scorers = {key: OnnxScorer(path) for key, path in paths.items()}
    rounds = [{key: scorer.speed(crops) for key, scorer in scorers.items()} for _ in range(ROUNDS)]
    return {key: median(one[key] for one in rounds) for key in scorers}

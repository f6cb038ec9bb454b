"""Train every kind of network alike, and compare size, speed and F1.

All start from random weights and see the same crops as often: ImageNet weights for one alone would
decide the comparison. Their F1 is therefore below that of the released network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from training import splits
from training.checkpoint import averaged
from training.devices import leads
from training.evaluate import OVERALL
from training.fit import CHECKPOINT
from training.model.backbones import DEFAULT, backbone
from training.progress import say
from training.recipe import Recipe
from training.scoring import Scorer
from training.stages import evaluate, fit, quantize
from training.workspace import Workspace, write_json
from worker.decode import Pixels

COMPARED = (DEFAULT, "mobilenet_v3_large", "resnet18")
REPORT = "backbones.json"
ROUNDS = 5
HEAD = (
    "| network | parameters, M | int8, MB | int8, crops/s | float, crops/s | int8 F1 | 95 % | "
    "float F1 |"
)


def run(
    work: Workspace, recipe: Recipe, processes: int, names: Sequence[str] = COMPARED
) -> dict[str, Any]:
    """Fit, quantize and judge each; finished epochs are not done again.

    Returns:
        A line for each network; F1 is that of whole pipelines at their own thresholds.
    """
    runs = {
        name: dataclasses.replace(work, variant=f"{work.variant or 'ours'}+random+{name}")
        for name in names
    }
    for name, one in runs.items():
        say(f"backbones: {backbone(name).label}")
        fit.run(one, None, dataclasses.replace(recipe, backbone=name))
    if not leads():
        return {}
    validation, test = (
        evaluate.faces(work, part, processes) for part in (splits.VALIDATION, splits.TEST)
    )
    lines: dict[str, Any] = {}
    for name, one in runs.items():
        quantize.run(one, compare=False)
        judged = {
            path.stem: evaluate.judge(one, path, validation, test)["by_dataset"][OVERALL]
            for path in (one.int8, one.fp32)
        }
        weights = averaged(one.fit / CHECKPOINT).parameters()
        lines[name] = {
            "label": backbone(name).label,
            "parameters": sum(weight.numel() for weight in weights),
            "bytes": one.int8.stat().st_size,
            **{f"{stem}_f1": line["f1"] for stem, line in judged.items()},
            "f1_interval": judged[one.int8.stem]["f1_interval"],
        }
    paths = {(name, path.stem): path for name, one in runs.items() for path in (one.int8, one.fp32)}
    for (name, stem), speed in _speeds(paths, test.crops).items():
        lines[name][f"{stem}_crops_per_second"] = round(speed)
    report = {"epochs": recipe.epochs, "photos": len(test.samples), "networks": lines}
    write_json(work.run / REPORT, report)
    return report


def table(report: Mapping[str, Any]) -> str:
    """The report as a Markdown table."""
    rows = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    for line in report["networks"].values():
        low, high = line["f1_interval"]
        rows.append(
            f"| {line['label']} | {line['parameters'] / 1e6:.2f} | {line['bytes'] / 1e6:.2f} | "
            f"{line['int8_crops_per_second']} | {line['fp32_crops_per_second']} | "
            f"{line['int8_f1']:.4f} | {low:.3f}–{high:.3f} | {line['fp32_f1']:.4f} |"
        )
    return "\n".join(rows)


def _speeds(paths: Mapping[tuple[str, str], Path], crops: Pixels) -> dict[tuple[str, str], float]:
    """Crops a second of each network, in turns, so that a slow moment slows all alike."""
    scorers = {key: Scorer(path) for key, path in paths.items()}
    found = [
        {key: scorer.speed(crops, seconds=1.0) for key, scorer in scorers.items()}
        for _ in range(ROUNDS)
    ]
    return {key: median(one[key] for one in found) for key in scorers}

"""Train without one dataset, judge on it, for each in turn: how new photos will fare.

The networks learn from the labels as they came: what they doubt is what the label audit asks a
person about, and the corrections that come of it must not send all folds back to the start. Judged
is by the corrected labels.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from training import splits
from training.corrections import Corrections, correct
from training.devices import leads
from training.evaluate import OVERALL, WHOLE_PHOTOS
from training.progress import say
from training.recipe import Recipe
from training.stages import evaluate, fit, quantize
from training.workspace import Workspace, write_json

REPORT = "leave-one-out.json"


def run(work: Workspace, init: Path, recipe: Recipe, processes: int) -> dict[str, Any]:
    """All folds; finished ones, and finished epochs of the one under way, are not done again.

    Calibration comes from photos of the other datasets only. The threshold is that of the network
    which was trained on all, as it is what serves, once that is evaluated; before, each fold's own.

    Returns:
        A line for each dataset, and the mean of their F1.
    """
    released = json.loads(work.report.read_text()) if work.report.is_file() else None
    at = None if released is None else float(released["int8"]["threshold"])
    lines: dict[str, Any] = {}
    judged: set[str] = set()
    for dataset in work.datasets:
        if dataset.name in judged:
            continue
        out = splits.kin(work.samples, dataset.name)
        judged |= out
        split = f"{splits.LEAVE_OUT}{dataset.name}"
        fold = dataclasses.replace(work, split=split, corrections_file=None)
        say(f"leave-one-out: without {' and '.join(sorted(out))}")
        fit.run(fold, init, recipe)
        if leads():
            lines |= _judge(fold, work.corrections, processes, at)
    if not leads():
        return {}
    report = {
        "macro_f1": macro(lines),
        "epochs": recipe.epochs,
        "by_dataset": dict(sorted(lines.items())),
    }
    write_json(work.run / REPORT, report)
    return report


def macro(lines: dict[str, Any]) -> float | None:
    """The mean F1 over datasets that have one."""
    found = [line["f1"] for line in lines.values() if line["f1"] is not None]
    return round(sum(found) / len(found), 4) if found else None


def _judge(
    fold: Workspace, corrections: Corrections, processes: int, at: float | None
) -> dict[str, Any]:
    quantize.run(fold, compare=False)
    validation, test = (
        evaluate.faces(fold, part, processes).pick(correct(fold.photos(part), corrections))
        for part in (splits.VALIDATION, splits.TEST)
    )
    result = evaluate.judge(fold, fold.int8, validation, test, threshold=at)
    write_json(fold.report, result)
    return {
        name: {**line, **{key: result[key] for key in ("threshold", "own_threshold")}}
        for name, line in result["by_dataset"].items()
        if name not in {OVERALL, WHOLE_PHOTOS}
    }

"""Stage `leave-one-out`: train without each dataset in turn, and evaluate on it.

Training uses the uncorrected labels: the label audit depends on these networks, and its corrections
must not restart all folds. Evaluation uses the corrected labels.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from training.classifier.evaluate import LEAVE_ONE_OUT, OVERALL, WHOLE_PHOTOS
from training.classifier.recipe import ClassifierRecipe
from training.classifier.stages import evaluate, fit, quantize
from training.common import splits
from training.common.atomic_file import write_json
from training.common.corrections import Corrections, correct
from training.common.distributed import leads
from training.common.progress import log
from training.common.workspace import Workspace


def run(
    work: Workspace,
    init: str | None,
    recipe: ClassifierRecipe,
    restart: bool = False,
    only: Sequence[str] = (),
    threshold: float | None = None,
) -> dict[str, Any]:
    """Run all folds; finished folds and epochs are not repeated, unless `restart` says so.

    Calibration uses photos of the other datasets only. If no threshold is given, it is that of the
    network which was trained on all datasets, if it was evaluated; otherwise each fold's own.

    Args:
        work: The workspace.
        init: See `training.classifier.model.initial.initial_weights`.
        recipe: The hyperparameters.
        restart: Whether to replace earlier runs.
        only: Datasets to leave out, in this order; all if empty.
        threshold: Threshold of all folds.

    Returns:
        Figures of each dataset, and the mean of their F1.

    Raises:
        UsageError: There is no such dataset.
    """
    released = json.loads(work.report.read_text()) if work.report.is_file() else None
    if threshold is None and released is not None:
        threshold = float(released["int8"]["threshold"])
    lines: dict[str, Any] = {}
    evaluated: set[str] = set()
    for name in only or [dataset.name for dataset in work.datasets]:
        if name in evaluated:
            continue
        out = splits.related_datasets(work.samples, name)
        evaluated |= out
        split = f"{splits.LEAVE_OUT}{name}"
        fold = dataclasses.replace(work, split=split, corrections_file=None)
        log(f"leave-one-out: without {' and '.join(sorted(out))}")
        fit.run(fold, init, recipe, restart)
        if leads():
            lines |= _evaluate(fold, work.corrections, threshold)
    if not leads():
        return {}
    alone = {name: line["full_size_only"] for name, line in lines.items()}
    has_both = any(line["reduced_pass"] for line in lines.values())
    report = {
        **total(lines),
        "full_size_only": total(alone) if has_both else None,
        "epochs": recipe.epochs,
        "reduced_epochs": round(recipe.reduced * recipe.epochs),
        "by_dataset": dict(sorted(lines.items())),
    }
    write_json(work.run / LEAVE_ONE_OUT, report)
    return report


def total(lines: dict[str, Any]) -> dict[str, Any]:
    """Return the mean F1 of the datasets, and the mistakes in all."""
    kinds = ("false_positives", "false_negatives")
    mistakes = {kind: sum(line[kind] for line in lines.values()) for kind in kinds}
    return {"macro_f1": macro(lines), **mistakes}


def macro(lines: dict[str, Any]) -> float | None:
    """Return the mean F1 of the datasets that have one."""
    found = [line["f1"] for line in lines.values() if line["f1"] is not None]
    return round(sum(found) / len(found), 4) if found else None


def _evaluate(fold: Workspace, corrections: Corrections, at: float | None) -> dict[str, Any]:
    quantize.run(fold)
    validation, test = (
        evaluate.faces(fold, part).pick(correct(fold.photos(part), corrections))
        for part in (splits.VALIDATION, splits.TEST)
    )
    result = evaluate.evaluate_network(fold, fold.int8, validation, test, threshold=at)
    write_json(fold.report, result)
    return {
        name: {
            **line,
            **{key: result[key] for key in ("threshold", "own_threshold", "reduced_pass")},
            # A network without a reduced pass classifies at full size anyway.
            "full_size_only": result.get("full_size_only", result["by_dataset"])[name],
        }
        for name, line in result["by_dataset"].items()
        if name not in {OVERALL, WHOLE_PHOTOS}
    }

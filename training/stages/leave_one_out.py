"""Train without one dataset, judge on it, for each in turn: how new photos will fare."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from training import splits
from training.devices import leads
from training.evaluate import OVERALL, WHOLE_PHOTOS
from training.progress import say
from training.recipe import Recipe
from training.stages import evaluate, fit, quantize
from training.workspace import Workspace, write_json

REPORT = "leave-one-out.json"
HEAD = "| left out | n | with glasses | precision | recall | F1 | 95 % | no face | threshold |"


def run(work: Workspace, init: Path, recipe: Recipe, processes: int) -> dict[str, Any]:
    """All folds; finished ones, and finished epochs of the one under way, are not done again.

    Calibration and threshold come from photos of the other datasets only.

    Returns:
        A line for each dataset, and the mean of their F1.
    """
    lines: dict[str, Any] = {}
    judged: set[str] = set()
    for dataset in work.datasets:
        if dataset.name in judged:
            continue
        out = splits.kin(work.samples, dataset.name)
        judged |= out
        fold = dataclasses.replace(work, split=f"{splits.LEAVE_OUT}{dataset.name}")
        say(f"leave-one-out: without {' and '.join(sorted(out))}")
        fit.run(fold, init, recipe)
        if leads():
            lines |= _judge(fold, processes)
    if not leads():
        return {}
    report = {"macro_f1": macro(lines), "by_dataset": dict(sorted(lines.items()))}
    write_json(work.run / REPORT, report)
    return report


def macro(lines: dict[str, Any]) -> float | None:
    """The mean F1 over datasets that have one."""
    found = [line["f1"] for line in lines.values() if line["f1"] is not None]
    return round(sum(found) / len(found), 4) if found else None


def table(report: dict[str, Any]) -> str:
    """The report as a Markdown table."""
    rows = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    for name, line in report["by_dataset"].items():
        low, high = line["f1_interval"]
        figures = (line["precision"], line["recall"], line["f1"])
        numbers = " | ".join("–" if v is None else f"{v:.4f}" for v in figures)
        rows.append(
            f"| {name} | {line['photos']} | {line['positives']} | {numbers} | "
            f"{low:.3f}–{high:.3f} | {line['no_face']} | {line['threshold']} |"
        )
    rows.append(f"| **macro** | | | | | **{report['macro_f1']}** | | | |")
    return "\n".join(rows)


def _judge(fold: Workspace, processes: int) -> dict[str, Any]:
    quantize.run(fold, compare=False)
    validation = evaluate.faces(fold, splits.VALIDATION, processes)
    test = evaluate.faces(fold, splits.TEST, processes)
    result = evaluate.judge(fold, fold.int8, validation, test)
    write_json(fold.report, result)
    return {
        name: {**line, "threshold": result["threshold"]}
        for name, line in result["by_dataset"].items()
        if name not in {OVERALL, WHOLE_PHOTOS}
    }

"""Curves of a network as one picture: precision–recall, ROC, thresholds, reliability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glasses.evaluation.ranking import Ranking


def plot(
    values: npt.NDArray[np.float64],
    labels: npt.NDArray[np.bool_],
    report: dict[str, Any],
    path: Path,
) -> None:
    """Draw the four curves.

    Args:
        values: N probabilities; 0 where no face was found.
        labels: N, with both values.
        report: The network's part of the report.
        path: The PNG to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 8), layout="constrained")
    FigureCanvasAgg(figure)
    pr, roc, thresholds, reliable = figure.subplots(2, 2).flat
    ranking = Ranking.of(values, labels)
    pr.plot(ranking.recall, ranking.precision)
    _label(pr, f"precision–recall, area {report['areas']['pr']}", "recall", "precision")
    pr.set(xlim=(0.8, 1.002), ylim=(0.8, 1.002))
    roc.plot(ranking.false_positive_rate, ranking.recall)
    _label(roc, f"ROC, area {report['areas']['roc']}", "false alarms", "recall")
    roc.set(xlim=(-0.002, 0.2), ylim=(0.8, 1.002))
    lines = report["sweep"]
    for key in ("precision", "recall", "f1"):
        thresholds.plot([li["threshold"] for li in lines], [li[key] for li in lines], label=key)
    thresholds.axvline(report["threshold"], color="gray", linestyle=":", label="released")
    thresholds.legend()
    _label(thresholds, "one photo in five with glasses", "threshold", "")
    bins = report["reliability"]["bins"]
    reliable.plot([0, 1], [0, 1], color="gray", linestyle=":")
    reliable.plot([b["predicted"] for b in bins], [b["observed"] for b in bins], marker="o")
    title = f"reliability, off by {report['reliability']['error']:.2%} on average"
    _label(reliable, title, "probability", "share with glasses")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without metadata, equal figures give an equal file.
    figure.savefig(path, dpi=80, metadata={"Software": None})


def _label(axes: Any, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)

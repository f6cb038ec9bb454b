"""A network's curves as one picture: precision–recall, ROC, thresholds, reliability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve


def plot(
    values: npt.NDArray[np.float64],
    labels: npt.NDArray[np.bool_],
    report: dict[str, Any],
    path: Path,
) -> None:
    """Draw the four curves.

    Args:
        values: N probabilities; 0 where no face was found.
        labels: N, both kinds among them.
        report: One network's part of the report, with its curves.
        path: The PNG.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 8), layout="constrained")
    FigureCanvasAgg(figure)
    pr, roc, thresholds, reliable = figure.subplots(2, 2).flat
    precision, recall, _ = precision_recall_curve(labels, values)
    pr.plot(recall, precision)
    _dress(pr, f"precision–recall, area {report['areas']['pr']}", "recall", "precision")
    pr.set(xlim=(0.8, 1.002), ylim=(0.8, 1.002))
    alarms, hits, _ = roc_curve(labels, values)
    roc.plot(alarms, hits)
    _dress(roc, f"ROC, area {report['areas']['roc']}", "false alarms", "recall")
    roc.set(xlim=(-0.002, 0.2), ylim=(0.8, 1.002))
    lines = report["sweep"]
    for key in ("precision", "recall", "f1"):
        thresholds.plot([li["threshold"] for li in lines], [li[key] for li in lines], label=key)
    thresholds.axvline(report["threshold"], color="gray", linestyle=":", label="released")
    thresholds.legend()
    _dress(thresholds, "one photo in five with glasses", "threshold", "")
    bins = report["reliability"]["bins"]
    reliable.plot([0, 1], [0, 1], color="gray", linestyle=":")
    reliable.plot([b["said"] for b in bins], [b["true"] for b in bins], marker="o")
    title = f"reliability, off by {report['reliability']['error']:.2%} on average"
    _dress(reliable, title, "probability", "share with glasses")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without a date in it the picture is the same for the same figures.
    figure.savefig(path, dpi=80, metadata={"Software": None})


def _dress(axes: Any, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)

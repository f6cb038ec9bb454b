"""Learning curves: the figures of each epoch as a picture, redrawn while a run trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from training.common.atomic_file import replacing

NOT_DRAWN = {"epoch", "seconds", "rate", "threshold"}


def draw(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw losses on the left and the other figures on the right, by epoch.

    Args:
        history: The figures of each finished epoch, as `TrainingRun.history` has them.
        path: The PNG to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for name in (name for name in history[-1] if name not in NOT_DRAWN):
        axes = left if "loss" in name else right
        axes.plot(epochs, [row[name] for row in history], marker="o", markersize=3, label=name)
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    left.set_ylim(bottom=0)
    with replacing(path) as unfinished:
        # Without metadata, equal figures give an equal file.
        figure.savefig(unfinished, format="png", dpi=80, metadata={"Software": None})

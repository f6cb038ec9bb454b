"""The training loop of both networks: resume, train an epoch, validate, save, log."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import nn

from training.common import checkpoint
from training.common.atomic_file import replacing
from training.common.checkpoint import TrainingRun
from training.common.distributed import ComputeDevice
from training.common.learning_curves import draw
from training.common.progress import log
from training.common.run_files import CHECKPOINT, LEARNING_CURVES, LOG


def run_epochs(
    run: TrainingRun,
    epochs: int,
    folder: Path,
    train_epoch: Callable[[], float],
    validate: Callable[[nn.Module], Mapping[str, float]],
    here: ComputeDevice,
) -> Path:
    """Train the epochs that are missing; write checkpoint, log and learning curves after each.

    Args:
        run: The run; `run.epoch` epochs of it are finished.
        epochs: Number of epochs in all.
        folder: Folder of checkpoint, log and curves.
        train_epoch: Trains one epoch and returns its mean loss.
        validate: Returns figures of the averaged network for the log; nothing is chosen by them.
        here: This process; the leading one writes.

    Returns:
        The checkpoint's path.
    """
    path = folder / CHECKPOINT
    here.wait()  # all processes have looked for a checkpoint before one is written
    while run.epoch < epochs:
        start = time.monotonic()
        loss = train_epoch()
        run.epoch += 1
        if here.leads:
            figures = {"loss": loss, **validate(run.average.module)}
            figures["rate"] = run.optimizer.param_groups[0]["lr"]
            figures["seconds"] = time.monotonic() - start
            run.history.append({"epoch": run.epoch, **figures})
            checkpoint.save(run, path)
            write_log(folder / LOG, run)
            draw(run.history, folder / LEARNING_CURVES)
            text = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
            log(f"fit: epoch {run.epoch}/{epochs}: {text}")
        here.wait()
    return path


def write_log(path: Path, run: TrainingRun) -> None:
    """Write the history of a run as CSV, one row per epoch, atomically."""
    with replacing(path) as unfinished, unfinished.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(run.history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: round(v, 7) for k, v in row.items()} for row in run.history)

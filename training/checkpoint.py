"""A run on disk: everything that is needed to go on after the last finished epoch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from training.average import Average
from training.model.mobilenet_v2 import MobileNetV2


@dataclass(slots=True)
class Run:
    """The moving parts of a run.

    Attributes:
        model: The network that learns.
        average: Its average, which is the result.
        optimizer: With its moments.
        epoch: Epochs finished.
        key: What the run depends on; another key starts anew.
    """

    model: nn.Module
    average: Average
    optimizer: Optimizer
    epoch: int
    key: str


def save(run: Run, path: Path) -> None:
    """Write a run; a crash while writing leaves the one before."""
    state = {
        "model": run.model.state_dict(),
        "average": run.average.model.state_dict(),
        "average_steps": run.average.steps,
        "optimizer": run.optimizer.state_dict(),
        "epoch": run.epoch,
        "key": run.key,
    }
    unfinished = path.with_suffix(".tmp")
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def resume(run: Run, path: Path) -> bool:
    """Load a run into its moving parts, if there is one with the same key.

    Returns:
        Whether there was.
    """
    if not path.is_file():
        return False
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state["key"] != run.key:
        return False
    run.model.load_state_dict(state["model"])
    run.average.model.load_state_dict(state["average"])
    run.average.steps = state["average_steps"]
    run.optimizer.load_state_dict(state["optimizer"])
    run.epoch = state["epoch"]
    return True


def averaged(path: Path, model: nn.Module | None = None) -> nn.Module:
    """The result of a run: its averaged network, in evaluation mode.

    Args:
        path: The checkpoint.
        model: Of the run's shape, to load it into; a MobileNetV2 if not given.
    """
    state = torch.load(path, weights_only=True)
    model = MobileNetV2() if model is None else model
    model.load_state_dict(state["average"])
    model.eval()
    return model


def epochs_done(path: Path) -> int:
    """Epochs that a run has finished."""
    return int(torch.load(path, weights_only=True)["epoch"])

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
from training.model.backbones import DEFAULT, glasses_network


@dataclass(slots=True)
class Run:
    """The moving parts of a run.

    Attributes:
        model: The network that learns.
        average: Its average, which is the result.
        optimizer: With its moments.
        epoch: Epochs finished.
        key: What the run depends on; another key starts anew.
        backbone: The network's kind, see `training.model.backbones`.
    """

    model: nn.Module
    average: Average
    optimizer: Optimizer
    epoch: int
    key: str
    backbone: str = DEFAULT


def save(run: Run, path: Path) -> None:
    """Write a run; a crash while writing leaves the one before."""
    state = {
        "model": run.model.state_dict(),
        "average": run.average.model.state_dict(),
        "average_steps": run.average.steps,
        "optimizer": run.optimizer.state_dict(),
        "epoch": run.epoch,
        "key": run.key,
        "backbone": run.backbone,
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
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
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
        model: Of the run's shape, to load it into; if not given, of the kind that the run names.
    """
    state = torch.load(path, weights_only=True, map_location="cpu")
    model = glasses_network(state.get("backbone", DEFAULT)) if model is None else model
    model.load_state_dict(state["average"])
    model.eval()
    return model


def epochs_done(path: Path) -> int:
    """Epochs that a run has finished."""
    return int(torch.load(path, weights_only=True, map_location="cpu")["epoch"])


def backbone_of(path: Path) -> str:
    """The kind of network of a run; see `training.model.backbones`."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    return str(state.get("backbone", DEFAULT))

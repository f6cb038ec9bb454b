"""A run on disk: everything that is needed to continue after the last finished epoch."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from glasses.errors import UsageError
from training.common.atomic_file import replacing


@dataclass(slots=True)
class TrainingRun:
    """The state of a run.

    Attributes:
        model: The network that is trained.
        average: Its moving average, which is the result; see `training.common.ema`.
        optimizer: With its moments.
        epoch: Number of finished epochs.
        inputs: What the run depends on, and a fingerprint of it; a run with other inputs is not
            continued. The number of epochs is not one of them.
        backbone: The network's kind; empty where there is only one.
        start: What the network started from, for the card.
        history: Figures of each finished epoch.
    """

    model: nn.Module
    average: Any
    optimizer: Optimizer
    epoch: int
    inputs: Mapping[str, str]
    backbone: str = ""
    start: Mapping[str, str | float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def save(run: TrainingRun, path: Path) -> None:
    """Write a run atomically."""
    state = {
        "model": run.model.state_dict(),
        "average": run.average.module.state_dict(),
        "average_steps": int(run.average.n_averaged),
        "optimizer": run.optimizer.state_dict(),
        "epoch": run.epoch,
        "inputs": dict(run.inputs),
        "backbone": run.backbone,
        "start": dict(run.start),
        "history": run.history,
    }
    with replacing(path) as unfinished:
        torch.save(state, unfinished)


def resume(run: TrainingRun, path: Path, epochs: int) -> bool:
    """Load a saved run with the same inputs into `run`; a saved run is never overwritten.

    Args:
        run: A new run.
        path: The checkpoint.
        epochs: Number of epochs in all that the run shall have.

    Returns:
        Whether one existed.

    Raises:
        UsageError: The saved run has other inputs, or more epochs.
    """
    if not path.is_file():
        return False
    state = load(path)
    saved = state.get("inputs", {})
    if changed := [name for name, value in run.inputs.items() if saved.get(name) != value]:
        raise UsageError(
            f"the run in {path.parent} was trained with other {' and '.join(changed)}: replace it "
            "with --restart, or keep it and train in another folder with --runs"
        )
    if state["epoch"] > epochs:
        raise UsageError(
            f"the run in {path.parent} has {state['epoch']} finished epochs, more than {epochs}: "
            f"keep it with --epochs {state['epoch']}, or train anew with --restart"
        )
    run.model.load_state_dict(state["model"])
    run.average.module.load_state_dict(state["average"])
    run.average.n_averaged.fill_(state["average_steps"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.epoch = state["epoch"]
    run.history = state.get("history", [])
    run.start = state["start"]
    return True


def load(path: Path) -> dict[str, Any]:
    """Return what `save` wrote, with tensors on the CPU.

    Keys: `model`, `average`, `average_steps`, `optimizer`, `epoch`, `inputs`, `backbone`, `start`,
    `history`.

    Raises:
        UsageError: The file is damaged.
    """
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UsageError(f"{path} is damaged: {error}; train anew with --restart") from error
    return state


def load_average(path: Path, model: nn.Module) -> nn.Module:
    """Fill a network of the run's shape with the run's averaged weights, for evaluation."""
    model.load_state_dict(load(path)["average"])
    model.eval()
    return model

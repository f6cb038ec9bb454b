"""Compute devices: the CPU, a GPU, or several GPUs with one process each (`torchrun`)."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import nn

LONGEST_WAIT = timedelta(hours=3)
"""How long processes wait for each other: between two folds the first one evaluates."""


@dataclass(frozen=True, slots=True)
class ComputeDevice:
    """One process of a run.

    Attributes:
        device: The device that it computes on.
        rank: Its number; process 0 writes and logs.
        world: Number of processes.
    """

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes and logs."""
        return self.rank == 0

    def share(self, model: nn.Module, compiled: bool = False) -> Any:
        """Return the network to call in training, which averages gradients over all processes.

        Args:
            model: The network, on this device.
            compiled: Train it through `torch.compile`.
        """
        shared = torch.compile(model) if compiled else model
        if self.world == 1:
            return shared
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(shared)

    def wait(self) -> None:
        """Wait for the other processes."""
        if self.world > 1:
            torch.distributed.barrier()


def leads() -> bool:
    """Return whether this process writes and logs; works outside of `compute_device`, too."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def compute_device() -> Iterator[ComputeDevice]:
    """Yield the device of this process, as the variables that `torchrun` sets say."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    has_gpu = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if has_gpu else torch.device("cpu")
    if world == 1:
        yield ComputeDevice(device)
        return
    if has_gpu:
        torch.cuda.set_device(device)
    if not torch.distributed.is_initialized():
        # One group for all runs of these processes: a second one would find the first one's
        # addresses, and wait for ever.
        torch.distributed.init_process_group("nccl" if has_gpu else "gloo", timeout=LONGEST_WAIT)
        atexit.register(torch.distributed.destroy_process_group)
    yield ComputeDevice(device, torch.distributed.get_rank(), world)

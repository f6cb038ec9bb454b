"""Where a run computes: this CPU, this GPU, or several GPUs started by `torchrun`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True)
class Place:
    """One process of a run.

    Attributes:
        device: Where it computes.
        rank: Its number; 0 writes and narrates.
        world: How many there are.
    """

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes and narrates."""
        return self.rank == 0

    def share(self, model: nn.Module) -> nn.Module:
        """The network as it is trained: gradients are averaged over all processes."""
        if self.world == 1:
            return model
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(model)

    def wait(self) -> None:
        """Let the others catch up."""
        if self.world > 1:
            torch.distributed.barrier()


def leads() -> bool:
    """Whether this process writes and narrates; also between two runs."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def place() -> Iterator[Place]:
    """This process's place, as `torchrun`'s variables say; alone if there are none."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    has_gpu = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if has_gpu else torch.device("cpu")
    if world == 1:
        yield Place(device)
        return
    if has_gpu:
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if has_gpu else "gloo")
    try:
        yield Place(device, torch.distributed.get_rank(), world)
    finally:
        torch.distributed.destroy_process_group()

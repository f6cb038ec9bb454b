"""Operations that would make the host wait for a GPU, seen on any device."""

from __future__ import annotations

import random

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from training.common.random_source import RandomSource


class ReadsFromDevice(TorchDispatchMode):  # type: ignore[misc]
    """Counts operations whose result the host must wait for on a GPU."""

    WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal.default")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        indices = args[1] if "index" in str(func) and len(args) > 1 else ()
        by_mask = isinstance(indices, list | tuple) and any(
            isinstance(i, torch.Tensor) and i.dtype == torch.bool for i in indices
        )
        if by_mask or any(name in str(func) for name in self.WAITING):
            self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


class UnreadableSource(RandomSource):
    """Random numbers on the device `meta`, whose tensors have a shape but no values.

    Code that reads a value from the device fails there, and so does code that mixes devices.
    """

    DEVICE = torch.device("meta")

    def __init__(self, seed: int) -> None:
        super().__init__(torch.Generator(), random.Random(seed))

    def rand(self, *shape: int) -> Tensor:
        return torch.rand(shape, device=self.DEVICE)

    def randn(self, *shape: int) -> Tensor:
        return torch.randn(shape, device=self.DEVICE)

    def permutation(self, count: int) -> Tensor:
        return torch.randperm(count, device=self.DEVICE)

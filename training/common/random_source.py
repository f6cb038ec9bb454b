"""Random numbers for augmentation: values on the device, sizes on the host."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class RandomSource:
    """Two generators with the same seed.

    Numbers that determine the shape of a tensor are drawn on the host: reading them from a GPU
    would make each step wait for the previous one.

    Attributes:
        device: Draws tensors, on the device that computes.
        host: Draws sizes and positions that a batch shares.
    """

    device: torch.Generator
    host: random.Random = field(default_factory=random.Random)

    @classmethod
    def seeded(cls, seed: int, device: torch.device | str = "cpu") -> RandomSource:
        """Return a source that draws the same numbers for the same seed and kind of device."""
        return cls(torch.Generator(device).manual_seed(seed), random.Random(seed))

    def rand(self, *shape: int) -> Tensor:
        """Return a tensor of uniform numbers in 0..1, on the device."""
        return torch.rand(shape, generator=self.device, device=self.device.device)

    def randn(self, *shape: int) -> Tensor:
        """Return a tensor of normally distributed numbers, on the device."""
        return torch.randn(shape, generator=self.device, device=self.device.device)

    def uniform(self, count: int, low: float, high: float) -> Tensor:
        """Return `count` numbers between two bounds, on the device."""
        return low + (high - low) * self.rand(count)

    def permutation(self, count: int) -> Tensor:
        """Return the numbers 0 … count - 1 in random order, on the device."""
        return torch.randperm(count, generator=self.device, device=self.device.device)

    def subset(self, count: int, share: float) -> Tensor:
        """Return the indices of a random share of `count` pictures, on the device.

        Their number differs from `count * share` by less than one and equals it on average.
        """
        size = int(count * share + self.host.random())
        return self.permutation(count)[:size]

    def run(self, count: int, share: float) -> slice:
        """Return a random share of `count` pictures that follow one another, as `subset` does."""
        size = int(count * share + self.host.random())
        start = self.host.randint(0, count - size)
        return slice(start, start + size)

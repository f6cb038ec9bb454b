"""The head: two small convolutions and a sum, from the taps of a network to a logit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.classifier.kinds.features import Features
from training.classifier.kinds.taps import STRIDES, Tap
from training.classifier.recipe import HeadRecipe
from training.common.geometry import SIZE
from training.common.progress import log

WIDTH = 32
"""Channels of each layer: with 64 the figures do not change."""


class KindHead(nn.Module):  # type: ignore[misc]  # torch is not followed
    """The logit of sunglasses, from two maps and the pooled features.

    Args:
        taps: See `training.classifier.kinds.taps.find_taps`.
        dropout: In training.
    """

    def __init__(self, taps: Sequence[Tap], dropout: float = 0.0) -> None:
        super().__init__()
        early, late, pooled = (tap.shape[0] for tap in taps)
        self.side = -(-SIZE // STRIDES[-1])
        self.early = _block(early, 3, stride=2)
        self.late = _block(late, 1)
        self.both = _block(2 * WIDTH, 1)
        self.dropout = nn.Dropout(dropout)
        self.place = nn.Linear(WIDTH * self.side**2, 1)
        self.pooled = nn.Linear(pooled, 1, bias=False)

    def forward(self, early: Tensor, late: Tensor, pooled: Tensor) -> Tensor:
        """Return logits, N × 1, from the dequantized values of the taps.

        Smaller maps, of reduced crops, are enlarged to the size that `place` knows.
        """
        maps = self.both(torch.cat([self.early(early), self.late(late)], dim=1))
        maps = functional.interpolate(maps, size=(self.side, self.side), mode="bilinear")
        logits: Tensor = self.place(self.dropout(maps.flatten(1))) + self.pooled(
            self.dropout(pooled.flatten(1))
        )
        return logits


def _block(inputs: int, size: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, WIDTH, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(inplace=True),
    )


def fit(features: Features, taps: Sequence[Tap], recipe: HeadRecipe | None = None) -> KindHead:
    """Train a head on the features of training photos.

    Args:
        features: Of both kinds.
        taps: What they were computed from.
        recipe: The hyperparameters.
    """
    recipe = recipe or HeadRecipe()
    torch.manual_seed(recipe.seed)
    head = KindHead(taps, recipe.dropout)
    optimizer = torch.optim.AdamW(head.parameters(), recipe.rate, weight_decay=recipe.weight_decay)
    count = len(features.labels)
    steps = count // recipe.batch
    total = max(recipe.epochs * steps, 2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=total)
    targets = torch.from_numpy(features.labels.astype(np.float32))[:, None]
    for epoch in range(recipe.epochs):
        head.train()
        losses, order = 0.0, torch.randperm(count)
        for step in range(steps):
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            logits = head(*inputs(features.values[chosen.numpy()], taps))
            loss = functional.binary_cross_entropy_with_logits(logits, targets[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses += float(loss.detach())
        log(f"kinds: epoch {epoch + 1} of {recipe.epochs}, loss {losses / max(steps, 1):.4f}")
    head.eval()
    return head


def inputs(values: npt.NDArray[np.uint8], taps: Sequence[Tap]) -> list[Tensor]:
    """Return the dequantized tensors of N rows of features."""
    parts, start = [], 0
    for tap in taps:
        part = torch.from_numpy(values[:, start : start + tap.size]).view(-1, *tap.shape)
        parts.append((part.float() - tap.zero) * tap.scale)
        start += tap.size
    return parts


def logits_of(
    head: KindHead, values: npt.NDArray[np.uint8], taps: Sequence[Tap]
) -> npt.NDArray[np.float32]:
    """Return N logits."""
    with torch.inference_mode():
        parts = [head(*inputs(values[i : i + 256], taps)) for i in range(0, len(values), 256)]
    return np.asarray(torch.cat(parts).squeeze(1).numpy(), dtype=np.float32)

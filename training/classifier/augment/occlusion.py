"""What hides parts of a face and is no glasses: masks, text, paint, lines, nets.

Each kind is drawn on faces with and without glasses alike, so that none of them tells the label.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training.common.random_source import RandomSource

MASK_SHARE = 0.15
MARK_SHARE = 0.15
MARKS = 600
"""Number of different marks; each is drawn mirrored, too, and at another place each time."""
_SOFTNESS = 60.0
"""Slope of a mask's edge, per side of the picture."""


def occlude(x: Tensor, rng: RandomSource, hidden_share: float = 1.0) -> Tensor:
    """Hide parts of some of the faces.

    Args:
        x: N × 3 × S × S, 0..1; changed in place.
        rng: Random numbers.
        hidden_share: Factor of the shares.

    Returns:
        The same shape and range.
    """
    for share, change in ((MASK_SHARE, _wear_mask), (MARK_SHARE, _mark)):
        hit = rng.subset(len(x), share * hidden_share)
        if len(hit):
            x[hit] = change(x[hit], rng)
    return x


def _wear_mask(x: Tensor, rng: RandomSource) -> Tensor:
    """Cover nose, mouth and chin, with straps to the ears.

    Eyes are at a third of the height, chins at nine tenths. Edges that start just below the eyes
    are what networks take for the lower rims of glasses.
    """
    n, side = len(x), x.shape[-1]
    at = torch.linspace(0, 1, side, device=x.device)
    across = (at.view(1, 1, side) - _per_picture(rng, n, 0.42, 0.58)) / _per_picture(
        rng, n, 0.28, 0.42
    )
    down = at.view(1, side, 1) + _per_picture(rng, n, -0.08, 0.08) * across
    bridge = _per_picture(rng, n, 0.38, 0.53)
    fall = _per_picture(rng, n, -0.04, 0.16)
    top = bridge + fall * across.abs().pow(_per_picture(rng, n, 0.7, 2.5))
    bottom = _per_picture(rng, n, 0.86, 1.05) - 0.25 * across.square()
    inside = (
        torch.sigmoid(_SOFTNESS * (down - top))
        * torch.sigmoid(_SOFTNESS * (bottom - down))
        * torch.sigmoid(_SOFTNESS / 3 * (1 - across.abs()))
    ).unsqueeze(1)
    strap = (
        torch.sigmoid(_SOFTNESS / 3 * (across.abs() - 1))
        * (1 - ((down - top + _per_picture(rng, n, 0, 0.35) * (across.abs() - 1)) * 40).square())
    ).clamp_(0, 1) * (rng.rand(n) < 0.6).view(n, 1, 1)
    cloth = _cloth(across, down, rng, n, side)
    rim = torch.exp(-((down - top) * 45).square()).unsqueeze(1)
    cloth = cloth + rim * _per_picture(rng, n, -0.5, 0.3).unsqueeze(1)
    thread = rng.rand(n, 1, 1, 1).expand(n, 3, 1, 1)
    x = torch.lerp(x, thread, strap.unsqueeze(1))
    return torch.lerp(x, cloth.clamp_(0, 1), inside)


def _cloth(across: Tensor, down: Tensor, rng: RandomSource, n: int, side: int) -> Tensor:
    # White, black, pale blue or any colour; plain, pleated or printed; darker on one side.
    colours = torch.tensor(
        [[0.95, 0.95, 0.95], [0.06, 0.06, 0.07], [0.6, 0.78, 0.92], [0.5, 0.5, 0.5]],
        device=down.device,
    )
    usual = colours[(rng.rand(n) * len(colours)).long()]
    base = torch.where((rng.rand(n) < 0.6).view(n, 1), usual, rng.rand(n, 3))
    cells = rng.host.choice((3, 6, 12, 24))
    print_ = functional.interpolate(rng.rand(n, 3, cells, cells), size=(side, side)) - 0.5
    printed = print_ * ((rng.rand(n) < 0.3) * rng.rand(n)).view(n, 1, 1, 1)
    pleats = torch.sin(down * _per_picture(rng, n, 20, 70)) * _per_picture(rng, n, 0, 0.06)
    light = across * _per_picture(rng, n, -0.15, 0.15)
    return base.view(n, 3, 1, 1) + printed + (pleats + light).unsqueeze(1)


def _mark(x: Tensor, rng: RandomSource) -> Tensor:
    """Draw text, lines, paint or a net over the picture."""
    n, side = len(x), x.shape[-1]
    marks = _marks(side).to(x.device)[(rng.rand(n) * MARKS).long()].float().div_(255)
    shift = tuple(rng.host.randrange(side) for _ in range(2))
    if rng.host.random() < 0.5:
        marks = marks.flip(2)
    marks = marks.roll(shift, (1, 2))
    opacity = rng.uniform(n, 0.3, 1).view(n, 1, 1, 1)
    colour = torch.where((rng.rand(n) < 0.5).view(n, 1), rng.rand(n, 1), rng.rand(n, 3))
    return torch.lerp(x, colour.view(n, 3, 1, 1).expand_as(x), marks.unsqueeze(1) * opacity)


def _per_picture(rng: RandomSource, n: int, low: float, high: float) -> Tensor:
    return rng.uniform(n, low, high).view(n, 1, 1)


@cache
def _marks(side: int) -> Tensor:
    """Return MARKS × side × side, uint8: how much each pixel is covered. Always the same ones."""
    rng = np.random.default_rng(0)
    kinds = (_text, _text, _lines, _paint, _net)
    drawn = [kinds[i % len(kinds)](side, rng) for i in range(MARKS)]
    return torch.from_numpy(np.stack(drawn))


_Mark = npt.NDArray[np.uint8]


def _blank(side: int) -> _Mark:
    return np.zeros((side, side), np.uint8)


def _text(side: int, rng: np.random.Generator) -> _Mark:
    mark = _blank(side)
    letters = "ABCDEFGHIKLMNOPRSTUVWXYabcdefghiklmnoprstuvwy0123456789@.-© "
    for _ in range(rng.integers(1, 4)):
        word = "".join(rng.choice(list(letters), rng.integers(3, 16)))
        scale = float(rng.uniform(0.3, 1.1)) * side / 96
        font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX,
                               cv2.FONT_HERSHEY_SCRIPT_SIMPLEX]))  # fmt: skip
        where = (int(rng.integers(-side // 4, side // 3)), int(rng.integers(0, side)))
        cv2.putText(mark, word, where, font, scale, 255, int(rng.integers(1, 3)), cv2.LINE_AA)
    middle = (side / 2, side / 2)
    turn = cv2.getRotationMatrix2D(middle, float(rng.choice([0, 0, rng.uniform(-50, 50)])), 1)
    return np.asarray(cv2.warpAffine(mark, turn, (side, side)), np.uint8)


def _lines(side: int, rng: np.random.Generator) -> _Mark:
    # Scratches, hair, cables, microphones, helmets' bars.
    mark = _blank(side)
    for _ in range(rng.integers(1, 5)):
        start, end = (tuple(int(v) for v in rng.integers(0, side, 2)) for _ in range(2))
        cv2.line(mark, start, end, 255, int(rng.integers(1, 4)), cv2.LINE_AA)
    return mark


def _paint(side: int, rng: np.random.Generator) -> _Mark:
    # Stripes and spots of paint, plasters, a patch.
    mark = _blank(side)
    for _ in range(rng.integers(1, 6)):
        centre = tuple(int(v) for v in rng.integers(0, side, 2))
        axes = tuple(int(v) for v in rng.integers(max(1, side // 40), side // 7, 2))
        cv2.ellipse(mark, centre, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
    return mark


def _net(side: int, rng: np.random.Generator) -> _Mark:
    # Veils and fences.
    mark = _blank(side)
    step = int(rng.integers(side // 14, side // 5))
    slope = int(rng.integers(-side // 3, side // 3))
    for i in range(-side, 2 * side, step):
        cv2.line(mark, (i, 0), (i + slope, side), 255, 1, cv2.LINE_AA)
        cv2.line(mark, (0, i), (side, i - slope), 255, 1, cv2.LINE_AA)
    return mark

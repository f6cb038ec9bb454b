"""Layout: how a scene is divided into tiles; shared by a group of scenes, and drawn on the host."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from operator import sub

from training.common.random_source import RandomSource
from training.detector.scenes.placement import SIDE

GROUP = 4
"""Number of scenes that share a layout: they are composed together, which takes less time."""
FACE_FREE_SHARE = 0.35
SINGLE_SHARE = 0.5
"""Share of single photos among the scenes with faces …"""
SINGLE_FACE_FREE_SHARE = 0.7
"""… and among those without."""

Tile = tuple[int, int, int, int]
"""Left, top, right and bottom in px."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a group of scenes has in common.

    Attributes:
        count: Number of scenes.
        face_free: They contain no photo of people: every detection is wrong.
        tiles: Cover the scene without overlap; the first is at the upper left.
    """

    count: int
    face_free: bool
    tiles: tuple[Tile, ...]

    @property
    def is_single(self) -> bool:
        """Whether one tile is the whole scene."""
        return len(self.tiles) == 1

    @property
    def largest(self) -> tuple[int, int]:
        """Width and height of the widest and of the highest tile."""
        lefts, tops, rights, bottoms = zip(*self.tiles, strict=True)
        return max(map(sub, rights, lefts)), max(map(sub, bottoms, tops))


def layouts(count: int, rng: RandomSource) -> list[Layout]:
    """Return random layouts for `count` scenes in all."""
    groups = math.ceil(count / GROUP)
    ends = [round(i * count / groups) for i in range(groups + 1)]
    face_free = int(groups * FACE_FREE_SHARE + rng.host.random())
    return [
        Layout(end - start, i < face_free, _tiles(rng.host, i < face_free))
        for i, (start, end) in enumerate(pairwise(ends))
    ]


def _tiles(host: random.Random, face_free: bool) -> tuple[Tile, ...]:
    if host.random() < (SINGLE_FACE_FREE_SHARE if face_free else SINGLE_SHARE):
        return ((0, 0, SIDE, SIDE),)
    columns, rows = host.randint(1, 4), host.randint(1, 4)
    if columns * rows == 1:
        columns = 2
    return tuple(
        (left, top, right, bottom)
        for left, right in pairwise(_cuts(columns, host))
        for top, bottom in pairwise(_cuts(rows, host))
    )


def _cuts(count: int, host: random.Random) -> list[int]:
    shares = [host.uniform(0.7, 1.3) for _ in range(count)]
    return [round(sum(shares[:i]) / sum(shares) * SIDE) for i in range(count + 1)]

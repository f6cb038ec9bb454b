"""Sampling: what tiles show of stored photos, interpolated on the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.detector.scenes.photo_store import PhotoStore
from training.detector.scenes.placement import SIDE, Flags, Placement


@dataclass(frozen=True, slots=True)
class Views:
    """What N tiles show of the stored photos.

    Attributes:
        photos: The photos.
        placed: How they are placed in the tiles.
        across: N × 2 × SIDE; the part of a place in the photo that depends on the tile's column.
        down: N × 2 × SIDE; … on its row.
    """

    photos: PhotoStore
    placed: Placement
    across: Tensor
    down: Tensor

    @classmethod
    def of(cls, photos: PhotoStore, placed: Placement) -> Views:
        """Return what the tiles of a placement show."""
        device = photos.packed.device
        maps = torch.from_numpy(placed.inverse(photos)).to(device, non_blocking=True)
        middles = torch.arange(SIDE, device=device) + 0.5
        across = maps[:, :, :1] * middles
        return cls(photos, placed, across.add_(maps[:, :, 2:]), maps[:, :, 1:2] * middles)

    def grid(self, tile: int, left: int, top: int, right: int, bottom: int) -> Tensor:
        """Return the place of each pixel of a part of a tile, 2 × H × W; the photo is -1 … 1."""
        return self.across[tile, :, None, left:right] + self.down[tile, :, top:bottom, None]

    def sample(self, tile: int, grid: Tensor) -> Tensor:
        """Return pixels of a tile's photo, 3 × H × W float32, 0 … 255; its edges continue."""
        photo, scale = int(self.placed.photo[tile]), float(self.placed.scale[tile])
        picture = self.photos.picture(photo, scale).unsqueeze(0).float()
        places = grid.permute(1, 2, 0).unsqueeze(0)
        return functional.grid_sample(
            picture, places, padding_mode="border", align_corners=False
        ).squeeze(0)

    def show(
        self, target: Tensor, tile: int, box: tuple[int, int, int, int], continued: bool
    ) -> None:
        """Show a photo in its tile, in place.

        Args:
            target: 3 × H × W float32.
            tile: Index of the tile.
            box: Left, top, right and bottom of the part that the photo may cover.
            continued: Whether the photo's edges continue; otherwise it ends there.
        """
        left, top, right, bottom = box
        if left >= right or top >= bottom:
            return
        grid = self.grid(tile, left, top, right, bottom)
        part, pixels = target[:, top:bottom, left:right], self.sample(tile, grid)
        if continued:
            part.copy_(pixels)
        else:
            part.lerp_(pixels, inside(grid))


@dataclass(frozen=True, slots=True)
class Grounds:
    """What N tiles show where no photo is.

    Attributes:
        views: Pictures without faces; None if there are none.
        plain: N; which tiles show a colour instead.
        colours: N × 3 × 1 × 1, 0 … 255.
    """

    views: Views | None
    plain: Flags
    colours: Tensor

    def fill(self, target: Tensor, tile: int) -> None:
        """Fill a tile, 3 × H × W."""
        if self.views is None or self.plain[tile]:
            target.copy_(self.colours[tile])
        else:
            height, width = target.shape[1:]
            target.copy_(self.views.sample(tile, self.views.grid(tile, 0, 0, width, height)))


def inside(grid: Tensor) -> Tensor:
    """Return 1 at the places inside the photo and 0 outside, 1 × H × W."""
    # Comparisons and their conversion to numbers take longer.
    return (1 - torch.maximum(grid[:1].abs(), grid[1:].abs())).mul_(1e9).clamp_(0, 1)

"""Eyewear: draws glasses or sunglasses on a portrait, given the positions of its eyes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]
Points = npt.NDArray[np.float64]
Mask = Image.Image
"""Mode L, the size of the supersampled patch."""

SUPERSAMPLING = 8
"""Everything is drawn this much larger and then averaged down, which anti-aliases it."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """Positions of the eyes in a portrait, in px. Left and right are the viewer's.

    Attributes:
        left: Centre of the left pupil, as (x, y).
        right: Centre of the right pupil, as (x, y).
        left_edge: x of the face's left edge at eye level.
        right_edge: x of the face's right edge at eye level.
    """

    left: Point
    right: Point
    left_edge: float
    right_edge: float


@dataclass(frozen=True, slots=True)
class Style:
    """Shape and colours of a pair of glasses. Lengths are in units of the pupil distance.

    Attributes:
        frame: Colour of the frame.
        rim: Thickness of the rim.
        half_width: Half the width of a lens.
        half_height: Half its height.
        squareness: Exponent of the lens's superellipse: 2 is an ellipse, 5 nearly a rectangle.
        drop: Distance of the lens's centre below the pupil.
        tint_top: Colour of the lens at its upper edge.
        tint_bottom: Colour of the lens at its lower edge.
        opacity_top: Opacity of the lens at its upper edge, 0 to 1.
        opacity_bottom: Opacity of the lens at its lower edge, 0 to 1.
        reflection: Opacity of the reflections on the lens, 0 to 1.
    """

    frame: Colour
    rim: float
    half_width: float
    half_height: float
    squareness: float
    drop: float
    tint_top: Colour
    tint_bottom: Colour
    opacity_top: float
    opacity_bottom: float
    reflection: float


CLEAR = Style(
    frame=(38, 24, 20),
    rim=0.058,
    half_width=0.42,
    half_height=0.315,
    squareness=3.2,
    drop=0.06,
    tint_top=(235, 240, 245),
    tint_bottom=(225, 232, 238),
    opacity_top=0.10,
    opacity_bottom=0.05,
    reflection=0.32,
)
SUNGLASSES = Style(
    frame=(20, 19, 22),
    rim=0.06,
    half_width=0.455,
    half_height=0.33,
    squareness=2.7,
    drop=0.08,
    tint_top=(18, 20, 26),
    tint_bottom=(58, 46, 40),
    opacity_top=0.96,
    opacity_bottom=0.82,
    reflection=0.30,
)


def wear(portrait: Image.Image, eyes: Eyes, style: Style) -> Image.Image:
    """Draw glasses on a portrait.

    Args:
        portrait: Mode RGB, one frontal face.
        eyes: Positions of the eyes.
        style: Shape and colours of the glasses.

    Returns:
        A new image of the same size.
    """
    drawing = _Drawing(portrait, eyes, style)
    for side in (-1, 1):
        drawing.lens(side)
    drawing.frame()
    return drawing.finished()


class _Drawing:
    """The supersampled patch of the portrait around the eyes.

    Coordinates: the origin is midway between the pupils, x points right along the line through
    them, and the unit is the pupil distance.
    """

    def __init__(self, portrait: Image.Image, eyes: Eyes, style: Style) -> None:
        self._portrait = portrait
        self._style = style
        dx, dy = eyes.right[0] - eyes.left[0], eyes.right[1] - eyes.left[1]
        self._unit = math.hypot(dx, dy)
        self._cos, self._sin = dx / self._unit, dy / self._unit
        self._middle = ((eyes.left[0] + eyes.right[0]) / 2, (eyes.left[1] + eyes.right[1]) / 2)
        self._edges = {
            -1: (eyes.left_edge - self._middle[0]) / self._unit,
            1: (eyes.right_edge - self._middle[0]) / self._unit,
        }
        reach = (1.5 * self._unit, 0.9 * self._unit)
        self._box = (
            max(0, round(self._middle[0] - reach[0])),
            max(0, round(self._middle[1] - reach[1])),
            min(portrait.width, round(self._middle[0] + reach[0])),
            min(portrait.height, round(self._middle[1] + reach[1])),
        )
        patch = portrait.crop(self._box)
        self._patch = patch.resize(
            (patch.width * SUPERSAMPLING, patch.height * SUPERSAMPLING), Image.Resampling.BICUBIC
        )

    def lens(self, side: int) -> None:
        """Tint one lens and draw its reflections; `side` is -1 (left) or 1 (right)."""
        style = self._style
        inside = self._area(self._outline(side, 0.0))
        top, bottom = style.drop - style.half_height, style.drop + style.half_height
        self._gradient(inside, top, bottom)
        x = side * 0.5
        w, h = style.half_width, style.half_height
        # Two slanted bands, like reflections of a window at the upper left.
        for start, width in ((-0.62, 0.26), (-0.22, 0.09)):
            band = self._area(
                np.array(
                    [
                        (x + w * (start + 0.35), style.drop - h),
                        (x + w * (start + 0.35 + width), style.drop - h),
                        (x + w * (start - 0.35 + width), style.drop + h),
                        (x + w * (start - 0.35), style.drop + h),
                    ]
                )
            )
            fading = self._fade(_product(band, inside), style.drop - h, style.drop + 0.55 * h)
            self._paint((255, 255, 255), self._blur(fading, 0.012), style.reflection)

    def frame(self) -> None:
        """Draw rims, bridge and temples, with their shadow and highlight."""
        style = self._style
        solid = Image.new("L", self._patch.size, 0)
        for side in (-1, 1):
            rim = _difference(
                self._area(self._outline(side, style.rim / 2)),
                self._area(self._outline(side, -style.rim / 2)),
            )
            brow = self._area(self._outline(side, style.rim * 0.75))
            brow = _difference(brow, self._area(self._outline(side, -style.rim * 0.55)))
            brow = self._fade(brow, style.drop - style.half_height * 0.9, style.drop, hard=True)
            solid = _union(_union(solid, rim), brow)
            solid = _union(solid, self._temple(side))
        solid = _union(solid, self._bridge())
        shadow = self._blur(self._shift(solid, 0.02, 0.07), 0.035)
        self._paint((70, 35, 25), shadow, 0.38)
        self._paint(style.frame, solid, 0.97)
        # Light from above: subtracting a copy shifted down leaves the upper edge.
        edge = _difference(solid, self._shift(solid, 0.0, style.rim * 0.35))
        self._paint((255, 240, 225), self._blur(edge, 0.012), 0.28)

    def finished(self) -> Image.Image:
        """Return the portrait with the patch averaged down and pasted in."""
        left, top, right, bottom = self._box
        result = self._portrait.copy()
        small = self._patch.resize((right - left, bottom - top), Image.Resampling.BOX)
        touched = self._touched.resize(small.size, Image.Resampling.BOX)
        # Pixels where nothing was drawn keep their original values.
        result.paste(small, (left, top), touched.point(lambda value: 255 if value else 0))
        return result

    @property
    def _touched(self) -> Mask:
        style = self._style
        mask = Image.new("L", self._patch.size, 0)
        for side in (-1, 1):
            mask = _union(mask, self._area(self._outline(side, style.rim * 3)))
            mask = _union(mask, self._temple(side, thicker=0.3))
        return _union(mask, self._bridge(thicker=0.3))

    def _outline(self, side: int, grown: float) -> Points:
        style = self._style
        angle = np.linspace(0, 2 * np.pi, 361)[:-1]
        power = 2 / style.squareness
        cos, sin = np.cos(angle), np.sin(angle)
        across = np.sign(cos) * np.abs(cos) ** power * (style.half_width + grown)
        down = np.sign(sin) * np.abs(sin) ** power * (style.half_height + grown)
        # Lenses get slightly narrower towards the cheek.
        across = across * (1 - 0.10 * np.clip(down / style.half_height, 0, 1))
        return np.column_stack([side * (0.5 + 0.012) + across, style.drop + down])

    def _bridge(self, thicker: float = 0.0) -> Mask:
        style = self._style
        half = 0.5 - style.half_width + 0.02
        along = np.linspace(-1, 1, 41)
        height = style.drop - style.half_height * 0.28 - 0.055 * (1 - along**2)
        return self._stroke(np.column_stack([along * half, height]), style.rim * 1.15 + thicker)

    def _temple(self, side: int, thicker: float = 0.0) -> Mask:
        style = self._style
        hinge = style.drop - style.half_height * 0.42
        start = side * (0.5 + style.half_width)
        end = self._edges[side]
        end = side * max(abs(end), abs(start) + 0.03)
        line = np.array([(start, hinge), (end, hinge - 0.015)])
        return self._stroke(line, style.rim * 1.3 + thicker)

    def _stroke(self, line: Points, width: float) -> Mask:
        mask = Image.new("L", self._patch.size, 0)
        pen = ImageDraw.Draw(mask)
        points = self._pixels(line)
        pen.line(points, fill=255, width=round(width * self._scale), joint="curve")
        return mask

    def _area(self, outline: Points) -> Mask:
        mask = Image.new("L", self._patch.size, 0)
        ImageDraw.Draw(mask).polygon(self._pixels(outline), fill=255)
        return mask

    def _gradient(self, inside: Mask, top: float, bottom: float) -> None:
        style = self._style
        depth = np.clip((self._down() - top) / (bottom - top), 0, 1)
        upper, lower = np.array(style.tint_top), np.array(style.tint_bottom)
        tint = upper + (lower - upper) * depth[..., None]
        opacity = style.opacity_top + (style.opacity_bottom - style.opacity_top) * depth
        alpha = np.asarray(inside, dtype=np.float64) * opacity
        colours = Image.fromarray(tint.round().astype(np.uint8))
        self._patch.paste(colours, (0, 0), Image.fromarray(alpha.round().astype(np.uint8)))

    def _fade(self, mask: Mask, top: float, bottom: float, *, hard: bool = False) -> Mask:
        depth = np.clip((self._down() - top) / (bottom - top), 0, 1)
        keep = np.clip((1 - depth) * 4, 0, 1) if hard else 1 - depth
        return Image.fromarray((np.asarray(mask) * keep).round().astype(np.uint8))

    def _down(self) -> npt.NDArray[np.float64]:
        """Return each pixel's distance below the line of the eyes, in the shape of the patch."""
        height, width = self._patch.height, self._patch.width
        y, x = np.mgrid[0:height, 0:width] / SUPERSAMPLING
        dx = x + self._box[0] - self._middle[0]
        dy = y + self._box[1] - self._middle[1]
        result: npt.NDArray[np.float64] = (dy * self._cos - dx * self._sin) / self._unit
        return result

    def _paint(self, colour: Colour, mask: Mask, opacity: float) -> None:
        alpha = mask.point(lambda value: round(value * opacity))
        self._patch.paste(colour, (0, 0, *self._patch.size), alpha)

    def _blur(self, mask: Mask, radius: float) -> Mask:
        return mask.filter(ImageFilter.GaussianBlur(radius * self._scale))

    def _shift(self, mask: Mask, right: float, down: float) -> Mask:
        shifted = Image.new("L", mask.size, 0)
        shifted.paste(mask, (round(right * self._scale), round(down * self._scale)))
        return shifted

    @property
    def _scale(self) -> float:
        return self._unit * SUPERSAMPLING

    def _pixels(self, points: Points) -> list[Point]:
        x = (
            self._middle[0]
            - self._box[0]
            + self._unit * (points[:, 0] * self._cos - points[:, 1] * self._sin)
        )
        y = (
            self._middle[1]
            - self._box[1]
            + self._unit * (points[:, 0] * self._sin + points[:, 1] * self._cos)
        )
        return [
            (float(a * SUPERSAMPLING), float(b * SUPERSAMPLING)) for a, b in zip(x, y, strict=True)
        ]


def _union(one: Mask, other: Mask) -> Mask:
    return Image.fromarray(np.maximum(np.asarray(one), np.asarray(other)))


def _product(one: Mask, other: Mask) -> Mask:
    return Image.fromarray(np.minimum(np.asarray(one), np.asarray(other)))


def _difference(one: Mask, other: Mask) -> Mask:
    return Image.fromarray(np.minimum(np.asarray(one), 255 - np.asarray(other)))

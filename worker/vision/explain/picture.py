"""Draws an explanation: the photo with all boxes, and one row per face."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from glasses.protocol.eyewear import describe, eyewear_of
from glasses.protocol.verdict import reaches
from worker.vision.detect import Detection
from worker.vision.explain.explanation import ExplainedFace, Explanation, Map
from worker.vision.explain.occlusion import strengths
from worker.vision.photo import Pixels, rotated

SIDE = 720
"""Longest side in px of the photo within the drawing."""
TILE = 180
"""Side of a crop in px."""
GAP = 16
"""Space between tiles in px."""
_GLASSES, _NO_GLASSES, _PROPOSAL = (77, 178, 255), (255, 216, 77), (150, 150, 150)
_LINE = 20


def draw(explanation: Explanation, format_: str = "PNG") -> bytes:
    """Draw an explanation.

    On the left the photo, rotated until its faces are upright: proposals in gray, faces with
    glasses in blue, faces without in yellow.
    On the right, for each face, the crop and its heat map: red cells are evidence for glasses,
    blue cells against.

    Args:
        explanation: What to draw.
        format_: An image format that Pillow writes.

    Returns:
        The bytes of an image file.

    Raises:
        ValueError: The photo could not be decoded.
    """
    if explanation.pixels is None:
        raise ValueError("a photo that cannot be decoded cannot be drawn")
    photo = _photo(explanation)
    height = max(photo.height, len(explanation.faces) * (TILE + GAP) - GAP, TILE)
    width = photo.width + (GAP + 2 * TILE + 300 if explanation.faces else 0)
    canvas = Image.new("RGB", (width + 2 * GAP, height + 2 * GAP), "white")
    canvas.paste(photo, (GAP, GAP))
    for number, face in enumerate(explanation.faces, 1):
        top = GAP + (number - 1) * (TILE + GAP)
        _face(canvas, face, number, photo.width + 2 * GAP, top, explanation.threshold)
    buffer = io.BytesIO()
    canvas.save(buffer, format_, quality=90)  # PNG ignores it
    return buffer.getvalue()


def _photo(explanation: Explanation) -> Image.Image:
    assert explanation.pixels is not None
    picture = Image.fromarray(explanation.pixels)
    picture.thumbnail((SIDE, SIDE))
    size = picture.size
    scale = max(size) / max(explanation.width, explanation.height)
    turn = explanation.outcome.orientation or 0
    picture = Image.fromarray(rotated(np.asarray(picture), turn))
    pen = ImageDraw.Draw(picture)
    for each in explanation.passes:
        for seen in each.proposals:
            _box(pen, seen.proposal.scaled(scale).turned(turn, size, picture.size), _PROPOSAL, 1)
    for number, face in enumerate(explanation.faces, 1):
        colour = _GLASSES if reaches(face.probability, explanation.threshold) else _NO_GLASSES
        box = face.face.scaled(scale).turned(turn, size, picture.size)
        _box(pen, box, colour, 3)
        place = (max(0.0, box.left + 4), max(0.0, box.top + 2))
        pen.text(place, str(number), colour, font=_font(18), stroke_width=2, stroke_fill=(0, 0, 0))
    return picture


def _box(
    pen: ImageDraw.ImageDraw, face: Detection, colour: tuple[int, int, int], width: int
) -> None:
    corners = [face.left, face.top, face.left + face.width, face.top + face.height]
    pen.rectangle(corners, outline=colour, width=width)


def _face(
    canvas: Image.Image, face: ExplainedFace, number: int, left: int, top: int, threshold: float
) -> None:
    tile = (TILE, TILE)
    canvas.paste(Image.fromarray(face.crop).resize(tile), (left, top))
    if face.heat is not None:
        overlay = Image.fromarray(warm(face.crop, face.heat)).resize(tile)
        canvas.paste(overlay, (left + TILE + 4, top))
    eyewear = eyewear_of(face.probability, face.sunglasses_probability, threshold)
    verdict = describe(reaches(face.probability, threshold), eyewear)
    source = f"dlib, margin {face.face.score:.2f}"
    if not face.face.confirmed:
        source = f"network only, {face.face.score:.2f}"
    lines = [
        f"{number}: {verdict}",
        f"probability {face.probability:.4f}",
        f"threshold {threshold}",
        *_sunglasses(face),
        f"found by: {face.found_by}",
        source,
        f"{face.face.width:.0f} x {face.face.height:.0f} px",
    ]
    pen = ImageDraw.Draw(canvas)
    for place, line in enumerate(lines):
        pen.text((left + 2 * TILE + 14, top + place * _LINE), line, "black", font=_font(14))


def _sunglasses(face: ExplainedFace) -> list[str]:
    found = face.sunglasses_probability
    return [] if found is None else [f"sunglasses {found:.4f}, if glasses"]


def warm(crop: Pixels, heat: Map) -> Pixels:
    """Overlay a crop with its heat map: red is evidence for glasses, blue against."""
    size = crop.shape[0]
    values = cv2.resize(strengths(heat), (size, size), interpolation=cv2.INTER_CUBIC)
    opacity = np.clip(np.abs(values), 0, 1)[..., None] * 0.7
    colour = np.where(values[..., None] > 0, (255.0, 40.0, 20.0), (30.0, 90.0, 255.0))
    gray = crop.mean(axis=2, keepdims=True)
    return np.asarray(gray * (1 - opacity) + colour * opacity, dtype=np.uint8)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)

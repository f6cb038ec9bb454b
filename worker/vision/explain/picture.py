"""An explanation -> one picture: the photo with all boxes, and a row for each face."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from worker.detect import Detection
from worker.explain.explanation import ExplainedFace, Explanation, Map
from worker.explain.occlusion import strengths
from worker.photo import Pixels

SIDE = 720
"""Longest side in px of the photo in the picture."""
TILE = 180
"""Side of a crop in px."""
GAP = 16
_WORN, _BARE, _DOUBTED = (77, 178, 255), (255, 216, 77), (150, 150, 150)
_LINE = 20


def draw(explanation: Explanation, format_: str = "PNG") -> bytes:
    """Draw an explanation.

    Left the photo: gray where the network proposed a face that did not count; the faces that count
    blue with glasses, yellow without. Right for each face what the model sees, and the same with
    the places that speak for glasses in red, those against in blue.

    Args:
        explanation: What to draw.
        format_: One that Pillow writes.

    Returns:
        A file of that format.

    Raises:
        ValueError: The photo could not be decoded, so there is nothing to draw.
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
    canvas.save(buffer, format_, quality=90)  # PNG has none
    return buffer.getvalue()


def _photo(explanation: Explanation) -> Image.Image:
    assert explanation.pixels is not None
    picture = Image.fromarray(explanation.pixels)
    picture.thumbnail((SIDE, SIDE))
    scale = max(picture.size) / max(explanation.width, explanation.height)
    pen = ImageDraw.Draw(picture)
    for look in explanation.looks:
        for seen in look.seen:
            _box(pen, seen.proposal.scaled(scale), _DOUBTED, 1)
    for number, face in enumerate(explanation.faces, 1):
        colour = _WORN if face.probability >= explanation.threshold else _BARE
        box = face.face.scaled(scale)
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
        over = Image.fromarray(warm(face.crop, face.heat)).resize(tile)
        canvas.paste(over, (left + TILE + 4, top))
    verdict = "glasses" if face.probability >= threshold else "no glasses"
    seen = f"dlib, margin {face.face.score:.2f}"
    if not face.face.confirmed:
        seen = f"network alone, {face.face.score:.2f}"
    lines = [
        f"{number}: {verdict}",
        f"probability {face.probability:.4f}",
        f"threshold {threshold}",
        f"found in the {face.look}",
        f"by {seen}",
        f"{face.face.width:.0f} x {face.face.height:.0f} px",
    ]
    pen = ImageDraw.Draw(canvas)
    for place, line in enumerate(lines):
        pen.text((left + 2 * TILE + 14, top + place * _LINE), line, "black", font=_font(14))


def warm(crop: Pixels, heat: Map) -> Pixels:
    """A crop with its heat map over it: red speaks for glasses, blue against."""
    size = crop.shape[0]
    fine = cv2.resize(strengths(heat), (size, size), interpolation=cv2.INTER_CUBIC)
    share = np.clip(np.abs(fine), 0, 1)[..., None] * 0.7
    colour = np.where(fine[..., None] > 0, (255.0, 40.0, 20.0), (30.0, 90.0, 255.0))
    gray = crop.mean(axis=2, keepdims=True)
    return np.asarray(gray * (1 - share) + colour * share, dtype=np.uint8)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)

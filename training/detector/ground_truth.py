"""Annotations of other projects, converted to boxes as dlib draws them.

`notes` of a `labels.csv` may hold `lm=` (five landmarks: eyes, nose, corners of the mouth, x and y)
or `box=` (left, top, width, height). A column `box` may hold such boxes too, with `;` between
them; the first one is the main person's. Neither is dlib's box, but both have a fixed position
relative to it. The relation is fitted on faces that dlib found, and predicts the box of the others.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.common.datasets.folder import LABELS
from training.detector.square import Squares, squares

_NUMBERS = re.compile(r"\b(lm|box)=([-\d.]+(?: [-\d.]+)*)")
Floats = npt.NDArray[np.float64]


def read(folder: Path) -> dict[str, Floats]:
    """Return photo name -> annotation `(scale, x, y, shape…)`; photos without one are left out."""
    if not (folder / LABELS).is_file():
        return {}
    with (folder / LABELS).open(newline="") as file:
        rows = [(row["path"], _numbers(row)) for row in csv.DictReader(file)]
    return {f"{folder.name}/{path}": _frame(numbers) for path, numbers in rows if len(numbers)}


def _numbers(row: Mapping[str, str | None]) -> Floats:
    """Return landmarks (ten numbers), a box (four) or nothing; landmarks are more exact."""
    noted = _NUMBERS.search(row.get("notes") or "")
    text = noted[2] if noted else (row.get("box") or "").split(";")[0]
    return np.array(text.split(), dtype=np.float64)


def _frame(numbers: Floats) -> Floats:
    """Return a size, a point, and scale-free features, of which a box is a linear function."""
    if len(numbers) == 4:
        left, top, width, height = numbers
        scale = np.sqrt(width * height)
        return np.array([scale, left + width / 2, top + height / 2, 1, width / scale, 0, 0])
    points = numbers.reshape(5, 2)
    eyes, nose, mouth = points[:2].mean(0), points[2], points[3:].mean(0)
    between = np.hypot(*(points[1] - points[0]))
    down = np.hypot(*(mouth - eyes))
    scale = np.hypot(between, down)
    x, y = (nose - (eyes + mouth) / 2) / scale
    middle = points.mean(0)
    return np.array([scale, *middle, 1, between / scale, x, y])


def boxes(notes: Mapping[str, Floats], known: Mapping[str, Squares]) -> dict[str, Squares]:
    """Return the box of every annotated photo.

    Args:
        notes: As `read` returns them.
        known: Faces that the teacher found, per photo.

    Returns:
        Photo name -> 1 × 3.
    """
    pairs = [(n, f) for name, n in notes.items() for f in _at(n, known.get(name, squares()))]
    if len(pairs) < 20:
        return {}
    frames, targets = np.array([n for n, _ in pairs]), np.array([_relative(f, n) for n, f in pairs])
    weights, _, _, _ = np.linalg.lstsq(frames[:, 3:], targets, rcond=None)
    # Fit again without outliers: the face of another person, a wrong annotation.
    error = np.abs(frames[:, 3:] @ weights - targets).max(1)
    good = error < 3 * np.median(error)
    weights, _, _, _ = np.linalg.lstsq(frames[good, 3:], targets[good], rcond=None)
    if not frames[:, 5:].any():
        weights[:, 0] = 0  # boxes do not say to which side a face looks
    return {name: _absolute(np.asarray(n[3:] @ weights), n) for name, n in notes.items()}


def _at(note: Floats, faces: Squares) -> Squares:
    """Return the first face that contains the annotation's point."""
    inside = np.abs(faces[:, :2] - note[1:3]).max(1, initial=0) < faces[:, 2] / 2
    return squares(faces[inside][:1])


def _relative(face: Squares, note: Floats) -> Floats:
    x, y, side = (float(v) for v in face)
    return np.array([(x - note[1]) / note[0], (y - note[2]) / note[0], side / note[0]])


def _absolute(values: Floats, note: Floats) -> Squares:
    x, y, side = values * note[0]
    return squares([(note[1] + x, note[2] + y, side)])

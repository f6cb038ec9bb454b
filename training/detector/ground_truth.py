"""Ground truth that people wrote down -> boxes as dlib would draw them.

`notes` of a `labels.csv` may hold `lm=` (five landmarks: eyes, nose, corners of the mouth, x and y)
or `box=` (left, top, width, height by another detector). Neither is dlib's box, but both lie in a
fixed place relative to it: where dlib found the face, the relation is fitted; where it did not, the
relation tells where the box would have been.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.datasets.folder import LABELS
from training.proposals.square import Squares, squares

_NUMBERS = re.compile(r"\b(lm|box)=([-\d.]+(?: [-\d.]+)*)")
Floats = npt.NDArray[np.float64]


def read(folder: Path) -> dict[str, Floats]:
    """Photo name -> its note as `(scale, x, y, shape…)`; photos without one are left out."""
    if not (folder / LABELS).is_file():
        return {}
    with (folder / LABELS).open(newline="") as file:
        rows = [(r["path"], _NUMBERS.search(r.get("notes") or "")) for r in csv.DictReader(file)]
    return {
        f"{folder.name}/{path}": _frame(np.array(found[2].split(), dtype=np.float64))
        for path, found in rows
        if found
    }


def _frame(numbers: Floats) -> Floats:
    """A size, a point, and scale-free features: what a box depends on linearly."""
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
    """The box of every photo with a note.

    Args:
        notes: As `read` gives them.
        known: Where the teacher found faces, per photo.

    Returns:
        Photo name -> 1 × 3.
    """
    pairs = [(n, f) for name, n in notes.items() for f in _at(n, known.get(name, squares()))]
    if len(pairs) < 20:
        return {}
    frames, targets = np.array([n for n, _ in pairs]), np.array([_relative(f, n) for n, f in pairs])
    weights, _, _, _ = np.linalg.lstsq(frames[:, 3:], targets, rcond=None)
    # Once more without the pairs that do not fit: another person's face, a wrong note.
    error = np.abs(frames[:, 3:] @ weights - targets).max(1)
    good = error < 3 * np.median(error)
    weights, _, _, _ = np.linalg.lstsq(frames[good, 3:], targets[good], rcond=None)
    return {name: _absolute(np.asarray(n[3:] @ weights), n) for name, n in notes.items()}


def _at(note: Floats, faces: Squares) -> Squares:
    """The first face that contains the note's point."""
    inside = np.abs(faces[:, :2] - note[1:3]).max(1, initial=0) < faces[:, 2] / 2
    return squares(faces[inside][:1])


def _relative(face: Squares, note: Floats) -> Floats:
    x, y, side = (float(v) for v in face)
    return np.array([(x - note[1]) / note[0], (y - note[2]) / note[0], side / note[0]])


def _absolute(values: Floats, note: Floats) -> Squares:
    x, y, side = values * note[0]
    return squares([(note[1] + x, note[2] + y, side)])

"""dlib's frontal face detector (King 2015, arXiv:1502.00046), whole and reduced.

`dlib.get_frontal_face_detector` unpacks the detector from dlib's source code, which takes more than
half of a worker's start. `worker/models/dlib-frontal` holds the same detector as dlib saves it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import dlib

from glasses.errors import ModelError
from worker.vision import model_store

FILE = model_store.MODELS / "dlib-frontal" / "detector.svm"
"""Written by `dlib.get_frontal_face_detector().save(path)`."""
SHA256 = "f3f7aa833fb4a14a46fc48689f45b98d85ef72d6dfaf8bdc012b7d3c522a5426"
ALL_LAYERS = bytes.fromhex("0150 0150 02e803 0140 0140")
"""In dlib's serialization: windows of 80 × 80 px, in up to 1,000 pyramid layers, none below
64 × 64 px."""
TWO_LAYERS = bytes.fromhex("0150 0150 0102 0140 0140")
ALL_FILTERS = bytes.fromhex("0105")
"""Five filters follow: upright faces seen from the front, the left and the right; tilted faces."""
UPRIGHT_FILTERS = bytes.fromhex("0103")
FILTER = bytes.fromhex("821d0c 8101")
"""Starts a filter: 3,101 rows (negated, of three bytes), one column."""


def frontal() -> Any:
    """Return dlib's detector, equal to `dlib.get_frontal_face_detector()`.

    Raises:
        ModelError: The detector's file is missing or damaged.
    """
    return _loaded(_saved())


def upright() -> Any:
    """Return a detector for upright faces of about 73 to 87 px only, which is faster.

    dlib can search fewer pyramid layers (`set_max_pyramid_levels`) with fewer filters
    (`object_detector`'s constructor), but not from Python. This function edits the saved detector.

    Raises:
        ModelError: The detector's file is missing or damaged.
    """
    head, *filters = _saved().split(FILTER)
    head = head.removesuffix(ALL_FILTERS).replace(ALL_LAYERS, TWO_LAYERS) + UPRIGHT_FILTERS
    return _loaded(FILTER.join([head, *filters[:3]]))


def _saved() -> bytes:
    try:
        saved = FILE.read_bytes()
    except OSError as error:
        raise ModelError(f"dlib's face detector cannot be read: {error}") from error
    if hashlib.sha256(saved).hexdigest() != SHA256:
        raise ModelError(f"{FILE} is damaged. Install the package again.")
    return saved


def _loaded(saved: bytes) -> Any:
    detector = dlib.fhog_object_detector.__new__(dlib.fhog_object_detector)
    detector.__setstate__((saved,))
    return detector

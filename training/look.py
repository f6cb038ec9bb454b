"""Photo files -> photos and faces, with the decoder and detector that serve: the one place."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from worker.decode import decode
from worker.detect import Detection, Detector
from worker.detect.serving import serving_detector
from worker.errors import PhotoError
from worker.photo import Photo


@cache
def _detector() -> Detector:
    return serving_detector()  # one a process: it cannot be pickled


def detector_version() -> str:
    """Changes whenever a box may."""
    return _detector().version


def read(path: Path) -> Photo | None:
    """A photo; None if it cannot be decoded."""
    try:
        photo = decode(path.read_bytes())
        photo.at(_detector().side)  # some damage shows only now
    except PhotoError:
        return None
    return photo


def faces_in(photo: Photo, doubtful: bool = False) -> list[Detection]:
    """The faces of a photo, in px of its full size.

    Args:
        photo: The photo.
        doubtful: Also those that only the classifier can tell.
    """
    return [face for face in _detector()(photo) if doubtful or not face.doubtful]

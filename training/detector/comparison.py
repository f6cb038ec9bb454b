"""Detectors side by side on the same photos."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from training.proposals.judge import judge
from training.proposals.known import Known
from training.proposals.square import Squares, of_detections, same_face
from training.sample import Sample
from worker.decode import decode
from worker.detect import Detector
from worker.errors import PhotoError
from worker.photo import Photo, Pixels

SECONDS_KEPT = 9
"""Times are medians over this many equal parts of the photos: a busy moment spoils only one."""


@dataclass(slots=True)
class Line:
    """One detector on one set of photos.

    Attributes:
        main: Per photo, whether the main person's face was found.
        unlisted: Per photo, detections where no face is known.
        unconfirmed: Per photo, detections that dlib did not confirm.
        seconds: Per photo.
    """

    main: list[bool] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    unconfirmed: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def ms(self) -> float:
        """Milliseconds a photo."""
        parts = np.array_split(np.asarray(self.seconds), min(SECONDS_KEPT, len(self.seconds)))
        return 1000 * float(np.median([part.mean() for part in parts]))

    def summary(self) -> dict[str, float]:
        """The figures."""
        return {
            "photos": len(self.main),
            "found": sum(self.main),
            "recall": round(float(np.mean(self.main)), 4),
            "unlisted": sum(self.unlisted),
            "photos_with_unlisted": sum(count > 0 for count in self.unlisted),
            "unconfirmed": sum(self.unconfirmed),
            "ms": round(self.ms, 2),
        }


def compare(
    detectors: Mapping[str, Detector], photos: Iterable[tuple[Photo, Known]]
) -> dict[str, Line]:
    """Run every detector over every photo, in turn, so that they meet the same conditions.

    The time is that of decoding as well: a detector decodes no more than it needs.
    """
    lines = {name: Line() for name in detectors}
    for photo, known in photos:
        for name, detector in detectors.items():
            fresh = photo.again()
            start = time.perf_counter()
            faces = [face for face in detector(fresh) if not face.doubtful]
            lines[name].seconds.append(time.perf_counter() - start)
            judged = judge(faces, known)
            lines[name].main.append(judged.main)
            lines[name].unlisted.append(judged.unlisted)
            lines[name].unconfirmed.append(sum(not face.confirmed for face in faces))
    return lines


def read(samples: Sequence[Sample], known: Mapping[str, Known]) -> Iterable[tuple[Photo, Known]]:
    """Photos whose main face is known, with what is known."""
    for sample in samples:
        if known[sample.name].how and (photo := _photo(sample.path)) is not None:
            yield photo, known[sample.name].scaled(photo.width)


def read_face_free(paths: Iterable[Path]) -> Iterable[tuple[Photo, Known]]:
    """Photos in which every detection is false."""
    nothing = np.zeros((0, 3), dtype=np.float32)
    for path in paths:
        photo = _photo(path)
        if photo is not None:
            yield photo, Known((photo.width, photo.height), nothing, nothing, "")


def gain(ours: Line, reference: Line) -> dict[str, float]:
    """Faces that only one of two found, and the share of the reference's misses that we find."""
    pairs = list(zip(ours.main, reference.main, strict=True))
    missed = sum(not theirs for _, theirs in pairs)
    won = sum(mine and not theirs for mine, theirs in pairs)
    lost = sum(theirs and not mine for mine, theirs in pairs)
    share = round(won / missed, 4) if missed else 1.0
    return {"won": won, "lost": lost, "reference_missed": missed, "share_of_missed": share}


def _photo(path: Path) -> Photo | None:
    try:
        photo = decode(path.read_bytes())
        photo.at(1)  # some damage shows only now
    except PhotoError:
        return None
    return photo.again()


def timed(detector: Detector, pixels: Pixels, faces: Squares, line: Line) -> tuple[int, int]:
    """Search a photo all of whose faces are known.

    Args:
        detector: What to try.
        pixels: H × W × 3, uint8, RGB.
        faces: All faces, in px.
        line: Takes note of the time.

    Returns:
        How many of the faces were found, and how many detections are no face of these.
    """
    photo = Photo.of(pixels)
    start = time.perf_counter()
    found = of_detections(detector(photo))
    line.seconds.append(time.perf_counter() - start)
    hits = sum(bool(same_face(face, found).any()) for face in faces)
    wrong = sum(not same_face(face, faces).any() for face in found)
    return hits, wrong

"""Comparison of detectors on the same photos."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from training.common.sample import Sample
from training.detector.matching import match_faces
from training.detector.pseudo_labels import PseudoLabels
from training.detector.square import Squares, of_detections, same_face
from worker.vision.decode import decode
from worker.vision.detect import Detector
from worker.vision.errors import PhotoError
from worker.vision.photo import DecodedPhoto, Pixels

TIME_PARTS = 9
"""Times are medians over this many equal parts of the photos: a busy moment affects only one."""


@dataclass(slots=True)
class ComparisonRow:
    """One detector on one set of photos.

    Attributes:
        main: Per photo, whether the main person's face was found.
        unlisted: Per photo, number of detections where no face is listed.
        unconfirmed: Per photo, number of detections that only the multi-view vote found.
        seconds: Per photo, duration.
    """

    main: list[bool] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    unconfirmed: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def ms(self) -> float:
        """Milliseconds per photo."""
        parts = np.array_split(np.asarray(self.seconds), min(TIME_PARTS, len(self.seconds)))
        return 1000 * float(np.median([part.mean() for part in parts]))

    def summary(self) -> dict[str, float]:
        """Return the figures of a report."""
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
    detectors: Mapping[str, Detector], photos: Iterable[tuple[DecodedPhoto, PseudoLabels]]
) -> dict[str, ComparisonRow]:
    """Run every detector on every photo, in turns, under the same conditions.

    Times include decoding: a detector decodes no more than it needs.
    """
    rows = {name: ComparisonRow() for name in detectors}
    for photo, known in photos:
        for name, detector in detectors.items():
            fresh = photo.again()
            start = time.perf_counter()
            faces = [face for face in detector(fresh) if not face.low_confidence]
            rows[name].seconds.append(time.perf_counter() - start)
            match = match_faces(faces, known)
            rows[name].main.append(match.main)
            rows[name].unlisted.append(match.unlisted)
            rows[name].unconfirmed.append(sum(not face.confirmed for face in faces))
    return rows


def read(
    samples: Sequence[Sample], known: Mapping[str, PseudoLabels]
) -> Iterable[tuple[DecodedPhoto, PseudoLabels]]:
    """Yield the photos whose main face is known, with their faces."""
    for sample in samples:
        if known[sample.name].origin and (photo := _photo(sample.path)) is not None:
            yield photo, known[sample.name].scaled(photo.width)


def read_face_free(paths: Iterable[Path]) -> Iterable[tuple[DecodedPhoto, PseudoLabels]]:
    """Yield photos in which every detection is false."""
    no_faces = np.zeros((0, 3), dtype=np.float32)
    for path in paths:
        photo = _photo(path)
        if photo is not None:
            yield photo, PseudoLabels((photo.width, photo.height), no_faces, no_faces, "")


def gain(ours: ComparisonRow, reference: ComparisonRow) -> dict[str, float]:
    """Return the faces that only one of two found, and the share of the reference's misses won."""
    pairs = list(zip(ours.main, reference.main, strict=True))
    missed = sum(not theirs for _, theirs in pairs)
    won = sum(mine and not theirs for mine, theirs in pairs)
    lost = sum(theirs and not mine for mine, theirs in pairs)
    share = round(won / missed, 4) if missed else 1.0
    return {"won": won, "lost": lost, "reference_missed": missed, "share_of_missed": share}


def _photo(path: Path) -> DecodedPhoto | None:
    try:
        photo = decode(path.read_bytes())
        photo.at(1)  # some damage is detected only here
    except PhotoError:
        return None
    return photo.again()


def timed(
    detector: Detector, pixels: Pixels, faces: Squares, line: ComparisonRow
) -> tuple[int, int]:
    """Detect the faces of a photo all of whose faces are listed.

    Args:
        detector: The detector.
        pixels: H × W × 3, uint8, RGB.
        faces: All faces, in px.
        line: Receives the duration.

    Returns:
        The number of faces that were found, and the number of detections of no listed face.
    """
    photo = DecodedPhoto.of(pixels)
    start = time.perf_counter()
    found = of_detections(detector(photo))
    line.seconds.append(time.perf_counter() - start)
    hits = sum(bool(same_face(face, found).any()) for face in faces)
    wrong = sum(not same_face(face, faces).any() for face in found)
    return hits, wrong

"""What an explanation holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glasses.outcome import Outcome
from worker.detect import Detection
from worker.photo import Pixels

Map = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """A place where the proposing network sees a face, in px of the full-size photo.

    Attributes:
        proposal: What it proposes; `score` is its probability.
        weighed: The same after dlib was asked: dlib's box and margin if `confirmed`, else the
            probability that is left.
    """

    proposal: Detection
    weighed: Detection


@dataclass(frozen=True, slots=True)
class Look:
    """One look of the detector.

    Attributes:
        name: For people.
        side: Longest side in px of the copy that is looked at.
        seen: The surest first.
    """

    name: str
    side: int
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class ExplainedFace:
    """A face that counts.

    Attributes:
        face: In px of the full-size photo.
        look: Name of the look that found it.
        probability: Of glasses.
        crop: What the model sees: size × size × 3, uint8, RGB.
        heat: n × n: by how much the logit falls when that place is covered; positive places speak
            for glasses. None where there are too many faces to ask about each.
    """

    face: Detection
    look: str
    probability: float
    crop: Pixels
    heat: Map | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one photo.

    Attributes:
        outcome: As the pipeline gives it.
        width: Of the upright photo in px; 0 where it could not be decoded.
        height: Likewise.
        pixels: A copy for people: H × W × 3, uint8, RGB; None likewise.
        looks: What the detector's looks see. Which of them it needed is told by the faces.
        faces: Those that count.
        times: Stage -> seconds.
        versions: What was at work -> which.
        threshold: Of the model.
    """

    outcome: Outcome
    width: int
    height: int
    pixels: Pixels | None
    looks: tuple[Look, ...]
    faces: tuple[ExplainedFace, ...]
    times: dict[str, float]
    versions: dict[str, str]
    threshold: float

"""The data of an explanation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glasses.protocol.outcome import Outcome
from worker.vision.detect import Detection
from worker.vision.photo import Pixels

Map = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExplainedProposal:
    """A face that the proposal network proposes, in px of the full-size photo.

    Attributes:
        proposal: The proposal; `score` is its probability.
        checked: The same, `confirmed` if it counts. It has dlib's box if dlib was asked.
    """

    proposal: Detection
    checked: Detection


@dataclass(frozen=True, slots=True)
class ProposalPass:
    """One pass of the proposal network over the photo.

    Attributes:
        name: Display name.
        side: Longest side in px of the copy that the network processes.
        proposals: Its proposals, the most probable first.
    """

    name: str
    side: int
    proposals: tuple[ExplainedProposal, ...]


@dataclass(frozen=True, slots=True)
class ExplainedFace:
    """A face that counts.

    Attributes:
        face: The box, in px of the full-size photo.
        found_by: Name of the pass that found it.
        probability: Probability of glasses.
        sunglasses_probability: If these are glasses, probability that they are sunglasses; None if
            the model does not tell kinds.
        crop: The model's input: size × size × 3, uint8, RGB.
        heat: n × n: the drop of the logit when that cell is covered; positive cells are evidence
            for glasses. None for faces beyond `MOST_MAPS`.
    """

    face: Detection
    found_by: str
    probability: float
    sunglasses_probability: float | None
    crop: Pixels
    heat: Map | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the pipeline found in one photo.

    Attributes:
        outcome: The pipeline's outcome.
        width: Width of the upright photo in px; 0 if it could not be decoded.
        height: Height of the upright photo in px; 0 if it could not be decoded.
        pixels: A copy for display, H × W × 3, uint8, RGB; None if it could not be decoded.
        passes: The passes of the proposal network. The faces name the passes that found them.
        faces: The faces that count.
        times: Stage -> seconds.
        versions: Component -> version.
        threshold: The model's threshold.
    """

    outcome: Outcome
    width: int
    height: int
    pixels: Pixels | None
    passes: tuple[ProposalPass, ...]
    faces: tuple[ExplainedFace, ...]
    times: dict[str, float]
    versions: dict[str, str]
    threshold: float

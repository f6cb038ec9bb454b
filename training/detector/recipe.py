"""The knobs of a training run of the proposing network, and what was found to work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

USES: dict[str, float] = {
    "mtfl": 3.0,
    "selfies_sunglasses": 4.0,
    "celeba_wild": 4.0,
    "lfw": 1.0,
    "all_age_faces": 1.0,
    "sof_sample": 2.0,
    "celeba": 0.4,
    "meglass": 0.12,
}
"""How often a photo of a dataset is shown, against one of LFW: small and unusual sets more often,
tight crops seldom."""
HARD = 4.0
"""How much more often where dlib does not see the face in the photo as it is."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fit.

    Attributes:
        blocks: A block ends with a look at validation photos and a checkpoint.
        steps: In a block.
        batch: Scenes a step.
        rate: AdamW's highest learning rate: warmed up to, then down along a cosine.
        warm_up: Share of all steps that the rate rises.
        weight_decay: On all weights.
        ema: Decay a step of the averaged weights, which are the result.
        believed_from: Share of all steps after which the network may contradict photos whose
            background may hold unlisted faces.
        uses: See `USES`.
        hard: See `HARD`.
        seed: Of everything that is drawn.
    """

    blocks: int = 10
    steps: int = 300
    batch: int = 48
    rate: float = 3e-3
    warm_up: float = 0.04
    weight_decay: float = 0.01
    ema: float = 0.998
    believed_from: float = 0.3
    uses: Mapping[str, float] = field(default_factory=lambda: dict(USES))
    hard: float = HARD
    seed: int = 1

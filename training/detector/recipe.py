"""Hyperparameters of the detector's training, and their defaults."""

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
    "ytf_frames": 2.0,
    "masks": 3.0,
    "fairface_60plus": 4.0,
    "all_age_faces_60plus": 0.5,
    "kdef_turned": 1.0,
    "cmu_faces": 2.0,
}
"""How often a photo of a dataset is used, relative to one of LFW: small and unusual sets more
often, tight crops rarely."""
HARD = 4.0
"""Factor for photos in which dlib finds the face only on a changed copy."""


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """Hyperparameters of one run.

    Attributes:
        blocks: Each block ends with validation and a checkpoint.
        steps: Steps per block.
        batch: Scenes per step.
        rate: AdamW's highest learning rate: warm-up, then a cosine.
        warm_up: Share of all steps during which the rate rises.
        weight_decay: On all weights.
        ema: Decay per step of the averaged weights, which are the result.
        uses: See `USES`.
        hard: See `HARD`.
        cut: Share of photos whose main face may extend over the edge of its tile by half.
        turned: Share of scenes that are turned by a right angle.
        seed: Seed of all random numbers.
    """

    blocks: int = 5
    steps: int = 80
    batch: int = 40
    rate: float = 2.5e-4
    warm_up: float = 0.1
    weight_decay: float = 1e-4
    ema: float = 0.995
    uses: Mapping[str, float] = field(default_factory=lambda: dict(USES))
    hard: float = HARD
    cut: float = 0.1
    turned: float = 0.1
    seed: int = 1

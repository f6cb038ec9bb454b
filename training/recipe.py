"""The knobs of a training run, and their defaults: what was found to work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fit.

    Attributes:
        epochs: Passes over the training crops.
        batch: Crops a step.
        rate: AdamW's highest learning rate: warmed up to, then down along a cosine.
        warm_up: Share of all steps that the rate rises.
        weight_decay: On weights of convolutions and the last layer, not on norms and biases.
        smoothing: Labels are this far from 0 and 1, halved: a few of them are wrong.
        ema: Decay a step of the averaged weights, which are the result.
        seed: Of everything that is drawn.
    """

    epochs: int = 6
    batch: int = 64
    rate: float = 1e-3
    warm_up: float = 0.06
    weight_decay: float = 0.02
    smoothing: float = 0.02
    ema: float = 0.998
    seed: int = 1

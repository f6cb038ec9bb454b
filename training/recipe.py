"""The knobs of a training run, and their defaults: what was found to work."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

from glasses.errors import UsageError

OURS: Final = "ours"
ORIGINAL: Final = "original"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fit.

    Attributes:
        epochs: Passes over the training crops.
        batch: Crops a step, over all processes.
        rate: The highest learning rate: warmed up to, then down along a cosine.
        warm_up: Share of all steps that the rate rises.
        weight_decay: On weights of convolutions and the last layer, not on norms and biases.
        smoothing: Labels are this far from 0 and 1, halved: a few of them are wrong.
        ema: Decay a step of the averaged weights, which are the result; 0 takes the last step's.
        seed: Of everything that is drawn.
        backbone: See `training.model.backbones`.
        optimizer: `adamw` or `adam`.
        milestones: Epochs after which the rate falls to a tenth, instead of the cosine.
        augmentation: `ours` or `original`.
    """

    epochs: int = 12
    batch: int = 64
    rate: float = 1e-3
    warm_up: float = 0.06
    weight_decay: float = 0.02
    smoothing: float = 0.02
    ema: float = 0.998
    seed: int = 1
    backbone: str = "mobilenet_v2"
    optimizer: str = "adamw"
    milestones: tuple[int, ...] = ()
    augmentation: str = OURS

    @property
    def key(self) -> dict[str, Any]:
        """What makes a run another run.

        Knobs that came later count only where they are turned, so that older runs go on.
        """
        usual = Recipe()
        later = {"backbone", "optimizer", "milestones", "augmentation"}
        return {
            name: value
            for name, value in dataclasses.asdict(self).items()
            if name not in later or value != getattr(usual, name)
        }


RECIPES: Final = {
    OURS: Recipe(),
    ORIGINAL: Recipe(
        epochs=25,
        batch=256,
        rate=1e-3,
        warm_up=0.0,
        weight_decay=0.0,
        smoothing=0.0,
        ema=0.0,
        optimizer="adam",
        milestones=(15, 19, 22),
        augmentation=ORIGINAL,
    ),
}


def recipe(name: str, backbone: str = "mobilenet_v2", epochs: int | None = None) -> Recipe:
    """A preset, with its network and length changed.

    Raises:
        UsageError: There is no such preset.
    """
    if name not in RECIPES:
        raise UsageError(f"no recipe {name!r}: there are {', '.join(RECIPES)}")
    found = dataclasses.replace(RECIPES[name], backbone=backbone)
    return found if epochs is None else dataclasses.replace(found, epochs=epochs)

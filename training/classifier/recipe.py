"""Hyperparameters of the classifier's training, and their defaults."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

from glasses.errors import UsageError
from training.common.learning_rate import step_decay, warm_up_and_cosine

OURS: Final = "ours"
QUICK: Final = "quick"
ORIGINAL: Final = "original"
MOBILENET_V2: Final = "mobilenet_v2"
COMPARED: Final = (MOBILENET_V2, "mobilenet_v3_large", "resnet18")
"""Backbones that are compared, see `training.classifier.model.backbones`."""


CALM_SHARE: Final = 1 / 3
"""How often faces are hidden at the end of a training, relative to its start."""

REDUCED_SIDE: Final = 64
"""Side in px of the pictures of the worker's reduced pass, see `worker.vision.classify`."""


@dataclass(frozen=True, slots=True)
class ClassifierRecipe:
    """Hyperparameters of one run.

    Attributes:
        epochs: Passes over the training crops.
        batch: Crops per step, over all processes.
        rate: The highest learning rate: warm-up, then a cosine.
        warm_up: Share of all steps during which the rate rises.
        weight_decay: On weights of convolutions and the last layer, not on norms and biases.
        smoothing: Label smoothing: targets are half of this away from 0 and 1.
        ema: Decay per step of the averaged weights, which are the result; 0 takes the last step's.
        seed: Seed of all random numbers.
        backbone: See `training.classifier.model.backbones`.
        optimizer: `adamw` or `adam`.
        milestones: Epochs after which the rate falls to a tenth, instead of the cosine.
        augmentation: `ours` or `original`.
        calm: Share of the training, its end, in which few faces are hidden: by then the network
            knows masks and text, and learns thin frames again.
        reduced: Share of the training, its start, in which all pictures are reduced to
            `REDUCED_SIDE`: a step takes half the time, and little is lost if the end is at full
            size (progressive resizing, Tan and Le 2021, arXiv:2104.00298).
        reduced_step: One step in this many is on pictures reduced to `REDUCED_SIDE`, so that the
            network can be the worker's reduced pass; 0 stands for none.
        compile: Train through `torch.compile`: slow to start, faster per step on a GPU.
    """

    epochs: int = 17
    batch: int = 64
    rate: float = 1e-3
    warm_up: float = 0.06
    weight_decay: float = 0.02
    smoothing: float = 0.02
    ema: float = 0.998
    seed: int = 1
    backbone: str = MOBILENET_V2
    optimizer: str = "adamw"
    milestones: tuple[int, ...] = ()
    augmentation: str = OURS
    calm: float = 0.25
    reduced: float = 0.0
    reduced_step: int = 3
    compile: bool = False

    @property
    def key(self) -> dict[str, Any]:
        """What distinguishes runs; not the number of epochs, which may grow."""
        return {k: v for k, v in dataclasses.asdict(self).items() if k != "epochs"}

    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate after a number of epochs, fractions included."""
        if self.milestones:
            return self.rate * step_decay(epoch, self.milestones)
        return self.rate * warm_up_and_cosine(epoch / self.epochs, self.warm_up)

    def hidden_share(self, epoch: float) -> float:
        """Return how often faces are hidden after a number of epochs, relative to the start."""
        return 1.0 if epoch < (1 - self.calm) * self.epochs else CALM_SHARE

    def is_reduced(self, epoch: float, step: int) -> bool:
        """Return whether a step is on reduced pictures.

        Args:
            epoch: Epochs before the step, fractions included.
            step: Number of the step in its epoch, from 0.
        """
        in_turn = self.reduced_step > 0 and (step + 1) % self.reduced_step == 0
        return in_turn or epoch < self.reduced * self.epochs

    def scaled(self, batch: int) -> ClassifierRecipe:
        """Return the recipe for another batch size and the same number of epochs.

        The rate grows with the square root of the batch, as suits Adam (Malladi et al. 2022,
        arXiv:2205.10287). The moving average covers as many crops as before.
        """
        factor = batch / self.batch
        return dataclasses.replace(
            self,
            batch=batch,
            rate=round(self.rate * factor**0.5, 8),
            ema=round(self.ema**factor, 8),
        )


RECIPES: Final = {
    OURS: ClassifierRecipe(),
    QUICK: ClassifierRecipe(epochs=5, reduced=0.6, reduced_step=0),
    ORIGINAL: ClassifierRecipe(
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
        reduced_step=0,
    ),
}


@dataclass(frozen=True, slots=True)
class HeadRecipe:
    """Hyperparameters of the second output, the head for kinds of eyewear.

    Attributes:
        epochs: Passes over the features.
        batch: Crops per step.
        rate: Highest learning rate of AdamW.
        weight_decay: Of AdamW.
        dropout: Share of values that are left out in training.
        seed: Of the initial weights and the order.
    """

    epochs: int = 15
    batch: int = 256
    rate: float = 3e-3
    weight_decay: float = 0.05
    dropout: float = 0.2
    seed: int = 1


def recipe(
    name: str, backbone: str = MOBILENET_V2, epochs: int | None = None, seed: int = 1
) -> ClassifierRecipe:
    """Return a preset with another network, length and seed.

    Raises:
        UsageError: There is no such preset.
    """
    if name not in RECIPES:
        raise UsageError(f"no recipe {name!r}: choose one of {', '.join(RECIPES)}")
    preset = dataclasses.replace(RECIPES[name], backbone=backbone, seed=seed)
    return preset if epochs is None else dataclasses.replace(preset, epochs=epochs)

"""Correctness of a device: the same training on it and on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from training.classifier.augment import RandomSource, augment
from training.classifier.crop_scores import logits_of
from training.classifier.fit import DeviceCrops, train_step
from training.classifier.model import pretrained
from training.classifier.model.backbones import glasses_network
from training.classifier.recipe import ClassifierRecipe
from training.common.batch_norm import adopt_statistics
from training.common.checkpoint import TrainingRun
from training.common.crop_set import CropSet
from training.common.ema import moving_average
from training.common.optimizer import make_optimizer

STEPS, BATCH, STATISTICS_CROPS = 20, 64, 1024
LOSS_TOLERANCE = 0.05
"""Largest difference of the losses at any step: devices round bfloat16 differently."""
STATISTICS_TOLERANCE = 0.05
"""Largest difference of mean and deviation of augmented batches, whose range is -1 to 1."""


def check_device(crops: CropSet, init: Path | None, device: torch.device) -> dict[str, Any]:
    """Compare a device with the CPU: losses on the same batches, augmentation, and logits.

    Args:
        crops: Crops to train on.
        init: Weights of MobileNetV2 to start from; None: random weights.
        device: The device.

    Returns:
        `losses` of both, `loss_difference`, `statistics_difference`, `logit_difference` (all the
        largest absolute differences), and `passed`.
    """
    cpu = torch.device("cpu")
    recipe = ClassifierRecipe(epochs=1, batch=min(BATCH, len(crops.rows)))
    rng = RandomSource.seeded(recipe.seed)
    batches = []
    for _ in range(STEPS):
        chosen = rng.permutation(len(crops.rows))[: recipe.batch]
        targets = torch.tensor([float(crops.rows[int(i)].has_glasses) for i in chosen])
        batches.append((augment(torch.from_numpy(crops.pixels)[chosen], rng), targets))
    reference, checked = (_trial(crops, batches, recipe, init, where) for where in (cpu, device))
    differences = {
        "loss_difference": _largest(checked.losses, reference.losses),
        "statistics_difference": _largest(checked.statistics, reference.statistics),
        "logit_difference": _largest(checked.logits, reference.logits),
    }
    passed = (
        differences["loss_difference"] <= LOSS_TOLERANCE
        and differences["statistics_difference"] <= STATISTICS_TOLERANCE
    )
    losses = {"cpu": reference.losses, "device": checked.losses}
    return {"losses": losses, **differences, "passed": passed}


@dataclass(frozen=True, slots=True)
class _Trial:
    losses: list[float]
    logits: npt.NDArray[np.float32]
    statistics: list[float]


def _trial(
    crops: CropSet,
    batches: Sequence[tuple[torch.Tensor, torch.Tensor]],
    recipe: ClassifierRecipe,
    init: Path | None,
    device: torch.device,
) -> _Trial:
    run = _new_run(recipe, init, device, batches[0][0])
    logits = logits_of(run.model, torch.from_numpy(crops.pixels[: recipe.batch]))
    run.model.train()
    losses = [train_step(run, run.model, x.to(device), t.to(device)) for x, t in batches]
    stored = DeviceCrops.load(crops, 0.0, device).pixels[:STATISTICS_CROPS]
    augmented = augment(stored, RandomSource.seeded(1, device)).float()
    statistics = [float(augmented.mean()), float(augmented.std())]
    return _Trial([round(float(loss), 5) for loss in losses], logits, statistics)


def _new_run(
    recipe: ClassifierRecipe, init: Path | None, device: torch.device, batch: torch.Tensor
) -> TrainingRun:
    torch.manual_seed(recipe.seed)
    model = glasses_network(recipe.backbone)
    if init is not None and pretrained.load(model, recipe.backbone, init):
        adopt_statistics(model, batch)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0  # devices draw different random numbers
    model.to(device, memory_format=torch.channels_last).train()
    optimizer = make_optimizer(model, recipe.rate, recipe.weight_decay, recipe.optimizer)
    average = moving_average(model, recipe.ema)
    return TrainingRun(model, average, optimizer, 0, {}, recipe.backbone)


def _largest(ours: Any, theirs: Any) -> float:
    return round(float(np.abs(np.asarray(ours) - np.asarray(theirs)).max()), 5)

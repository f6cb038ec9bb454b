"""Training of the classifier on stored crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from glasses.errors import UsageError
from training.classifier.augment import RandomSource, augment, reduced
from training.classifier.crop_scores import labels_of, validation_figures
from training.classifier.model import pretrained
from training.classifier.model.backbones import glasses_network
from training.classifier.model.initial import InitialWeights
from training.classifier.recipe import ClassifierRecipe
from training.common import checkpoint
from training.common.batch_norm import adopt_statistics
from training.common.cache import file_hash, fingerprint
from training.common.checkpoint import TrainingRun
from training.common.crop_set import CropSet
from training.common.distributed import ComputeDevice, compute_device
from training.common.ema import moving_average
from training.common.optimizer import make_optimizer, set_learning_rate
from training.common.precision import keep_slow_layers_float32, mixed_precision
from training.common.progress import ProgressLine, log
from training.common.run_files import CHECKPOINT
from training.common.training_loop import run_epochs

STATISTICS_CROPS = 256
"""Number of crops whose statistics the batch norms start with."""


@dataclass(frozen=True, slots=True)
class DeviceCrops:
    """Training crops in the memory of the device.

    Attributes:
        pixels: N × S × S × 3, uint8.
        targets: N, float32: the smoothed labels.
    """

    pixels: Tensor
    targets: Tensor

    @classmethod
    def load(cls, crops: CropSet, smoothing: float, device: torch.device) -> DeviceCrops:
        """Copy all crops to a device; on a CPU the pixels are shared, not copied."""
        labels = torch.tensor([row.has_glasses for row in crops.rows], dtype=torch.float32)
        targets = labels * (1 - smoothing) + smoothing / 2
        return cls(torch.from_numpy(crops.pixels).to(device), targets.to(device))


def fit(
    train: CropSet,
    validation: CropSet,
    init: InitialWeights,
    recipe: ClassifierRecipe,
    folder: Path,
    origin: Sequence[str] = (),
    restart: bool = False,
) -> Path:
    """Train a network, or continue after the last finished epoch of the same run.

    The processes that `torchrun` starts share the batch of each step.

    Args:
        train: Crops to train on.
        validation: Crops that are scored after each epoch; nothing is chosen by them.
        init: Weights to start from.
        recipe: The hyperparameters.
        folder: Folder of checkpoint, log and learning curves.
        origin: Fingerprints of the crops; a run on other crops is not continued.
        restart: Whether to replace an earlier run.

    Returns:
        The checkpoint's path.

    Raises:
        UsageError: There are fewer crops than a step takes, or there is an earlier run with other
            crops, weights or hyperparameters.
    """
    if len(train.rows) < recipe.batch:
        raise UsageError(
            f"{len(train.rows)} faces to train on, and a step of training takes {recipe.batch}: "
            "add labelled photos"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with compute_device() as here:
        torch.manual_seed(recipe.seed)
        model = glasses_network(recipe.backbone).to(here.device)
        average = moving_average(model, recipe.ema)
        inputs = run_inputs(train, init.path, recipe, origin)
        optimizer = make_optimizer(model, recipe.rate, recipe.weight_decay, recipe.optimizer)
        run = TrainingRun(model, average, optimizer, 0, inputs, recipe.backbone, init.facts)
        crops = DeviceCrops.load(train, recipe.smoothing, here.device)
        if restart and here.leads:
            (folder / CHECKPOINT).unlink(missing_ok=True)
        here.wait()
        if checkpoint.resume(run, folder / CHECKPOINT, recipe.epochs):
            if here.leads:
                log(f"fit: {run.epoch} of {recipe.epochs} epochs are finished")
        else:
            if here.leads:
                log(f"fit: from {init.text}")
            _start(run, crops, init.path, recipe)
        if here.device.type == "cpu":
            keep_slow_layers_float32(run.model)  # after the average was copied from it
        shared = here.share(run.model, recipe.compile)
        pixels = torch.from_numpy(validation.pixels).to(here.device)
        labels = labels_of(validation)
        return run_epochs(
            run,
            recipe.epochs,
            folder,
            lambda: _epoch(run, shared, crops, recipe, here),
            lambda average: validation_figures(average, pixels, labels),
            here,
        )


def run_inputs(
    train: CropSet, init: Path | None, recipe: ClassifierRecipe, origin: Sequence[str]
) -> dict[str, str]:
    """Return what a run depends on, each with a fingerprint; the number of epochs may grow."""
    names = [(row.name, row.has_glasses) for row in train.rows]
    return {
        "photos or labels": fingerprint([names, list(origin)]),
        "initial weights": "" if init is None else file_hash(init),
        "hyperparameters": fingerprint(recipe.key),
    }


def _start(
    run: TrainingRun, crops: DeviceCrops, init: Path | None, recipe: ClassifierRecipe
) -> None:
    if init is not None and pretrained.load(run.model, recipe.backbone, init):
        rng = RandomSource.seeded(recipe.seed, crops.pixels.device)
        order = rng.permutation(len(crops.pixels))
        adopt_statistics(run.model, augment(crops.pixels[order[:STATISTICS_CROPS]], rng))
    run.model.to(memory_format=torch.channels_last)
    run.average.module.load_state_dict(run.model.state_dict())


def _epoch(
    run: TrainingRun,
    shared: nn.Module,
    crops: DeviceCrops,
    recipe: ClassifierRecipe,
    here: ComputeDevice,
) -> float:
    # Seeded per epoch: a resumed run draws the same numbers as an uninterrupted one. All processes
    # draw the same order and share each batch; each augments its own share.
    seed = recipe.seed * 1000 + run.epoch
    count = len(crops.targets)
    steps = count // recipe.batch
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).to(here.device)
    progress = ProgressLine(f"fit: epoch {run.epoch + 1}", steps * recipe.batch, 20)
    run.model.train()
    loss = train_steps(run, shared, crops, order[: steps * recipe.batch], recipe, here, progress)
    return float(loss)


def train_steps(
    run: TrainingRun,
    shared: nn.Module,
    crops: DeviceCrops,
    order: Tensor,
    recipe: ClassifierRecipe,
    here: ComputeDevice,
    progress: ProgressLine | None = None,
) -> Tensor:
    """Train on some crops, one batch per step; the host never waits for the device.

    Args:
        run: The run.
        shared: Its network as `ComputeDevice.share` returns it.
        crops: On the device.
        order: Indices of crops, on the device; whole batches; the same in all processes.
        recipe: The hyperparameters.
        here: This process, which takes its share of each batch.
        progress: Counts crops.

    Returns:
        The mean loss, on the device.
    """
    seed = recipe.seed * 1000 + run.epoch
    rng = RandomSource.seeded(seed * 100 + here.rank, here.device)
    steps = len(order) // recipe.batch
    total = torch.zeros((), device=here.device)
    for step in range(steps):
        epoch = run.epoch + step / steps
        set_learning_rate(run.optimizer, recipe.learning_rate(epoch))
        mine = order[step * recipe.batch : (step + 1) * recipe.batch][here.rank :: here.world]
        hidden = recipe.hidden_share(epoch)
        x = augment(crops.pixels[mine], rng, recipe.augmentation, hidden)
        if recipe.is_reduced(epoch, step):
            x = reduced(x)
        total += train_step(run, shared, x, crops.targets[mine])
        if progress is not None and here.leads:
            progress.add(recipe.batch)
    return total / steps


def train_step(run: TrainingRun, shared: nn.Module, x: Tensor, targets: Tensor) -> Tensor:
    """Train on one batch of network input; return its loss, on the device."""
    with mixed_precision(x.device):
        logits = shared(x.contiguous(memory_format=torch.channels_last))
    loss = functional.binary_cross_entropy_with_logits(logits.float().squeeze(1), targets)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    run.optimizer.step()
    run.average.update_parameters(run.model)
    return loss.detach()

"""Throughput of training: images per second of augmentation, forward and backward."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from training.classifier.fit import DeviceCrops, train_steps
from training.classifier.model.backbones import glasses_network
from training.classifier.recipe import ClassifierRecipe
from training.common.checkpoint import TrainingRun
from training.common.crop_set import CropRow, CropSet
from training.common.distributed import ComputeDevice
from training.common.ema import moving_average
from training.common.geometry import STORED_SIZE
from training.common.optimizer import make_optimizer
from training.common.precision import keep_slow_layers_float32

WARM_UP_STEPS = 5


@dataclass(frozen=True, slots=True)
class Throughput:
    """One measurement.

    Attributes:
        backbone: The network's kind.
        batch: Crops per step.
        compiled: Whether `torch.compile` was used.
        images_per_second: Of the steps after the warm-up, augmentation included.
        compile_seconds: Duration of the first step minus that of a later one.
        peak_mb: Peak memory of the device in MiB; 0 on a CPU.
    """

    backbone: str
    batch: int
    compiled: bool
    images_per_second: float
    compile_seconds: float
    peak_mb: float


def random_crops(count: int) -> CropSet:
    """Return crops of noise; half of them are labelled as with glasses."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, STORED_SIZE, STORED_SIZE, 3), dtype=np.uint8)
    rows = [CropRow(str(i), i % 2 == 0, None, "noise", True, 1.0) for i in range(count)]
    return CropSet(rows, pixels)


def measure(
    crops: CropSet,
    backbones: Sequence[str],
    batches: Sequence[int],
    compiled: Sequence[bool],
    device: torch.device,
    steps: int = 30,
) -> Iterator[Throughput]:
    """Measure every combination that fits into the device's memory.

    Args:
        crops: Crops to train on, copied to the device once.
        backbones: Kinds of networks.
        batches: Crops per step.
        compiled: Without or with `torch.compile`, or both.
        device: The device.
        steps: Number of timed steps.

    Yields:
        A measurement for each combination that did not run out of memory.
    """
    here = ComputeDevice(device)
    for name in backbones:
        for batch in batches:
            for is_compiled in compiled:
                recipe = ClassifierRecipe(backbone=name, compile=is_compiled).scaled(batch)
                try:
                    yield _measure(crops, recipe, here, steps)
                except torch.OutOfMemoryError:
                    torch.cuda.empty_cache()


def _measure(
    crops: CropSet, recipe: ClassifierRecipe, here: ComputeDevice, steps: int
) -> Throughput:
    on_gpu = here.device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(here.device)
    model = glasses_network(recipe.backbone).to(here.device, memory_format=torch.channels_last)
    average = moving_average(model, recipe.ema)
    optimizer = make_optimizer(model, recipe.rate, recipe.weight_decay, recipe.optimizer)
    run = TrainingRun(model, average, optimizer, 0, {}, recipe.backbone)
    if not on_gpu:
        keep_slow_layers_float32(model)
    trained = here.share(model, recipe.compile)
    stored = DeviceCrops.load(crops, recipe.smoothing, here.device)

    def timed(count: int) -> float:
        start = time.perf_counter()
        order = torch.randint(len(stored.targets), (count * recipe.batch,)).to(here.device)
        loss = train_steps(run, trained, stored, order, recipe, here)
        float(loss)  # waits for the device
        return time.perf_counter() - start

    first = timed(1)
    timed(WARM_UP_STEPS)
    seconds = timed(steps)
    peak = torch.cuda.max_memory_allocated(here.device) / 2**20 if on_gpu else 0.0
    return Throughput(
        recipe.backbone,
        recipe.batch,
        recipe.compile,
        round(steps * recipe.batch / seconds, 1),
        round(max(0.0, first - seconds / steps), 1),
        round(peak),
    )

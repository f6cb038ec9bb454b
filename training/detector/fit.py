"""Training of the detector on generated scenes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from training.common import checkpoint
from training.common.cache import file_hash, fingerprint
from training.common.checkpoint import TrainingRun
from training.common.distributed import ComputeDevice
from training.common.ema import moving_average
from training.common.learning_rate import warm_up_and_cosine
from training.common.optimizer import set_learning_rate
from training.common.progress import ProgressLine, log
from training.common.random_source import RandomSource
from training.common.run_files import CHECKPOINT
from training.common.training_loop import run_epochs
from training.detector.loss import Goals, loss_of
from training.detector.network import YuNet, cells_of, joined, weights_of
from training.detector.recipe import DetectorRecipe
from training.detector.scenes import SceneComposer
from training.detector.weights import from_release

THREADS = 2
"""On a CPU, each thread composes and learns a share of the batch and synchronizes once per step.
OpenMP synchronizes hundreds of times per step: as fast on an idle machine, five times slower on a
busy one."""
TURNED_WEIGHT = 0.5
"""Weight of scenes that are turned by a right angle: their faces should not be found."""


def fit(
    composer: SceneComposer,
    recipe: DetectorRecipe,
    folder: Path,
    origin: str,
    validate: Callable[[nn.Module], Mapping[str, float]],
    here: ComputeDevice,
    init: Path,
    restart: bool = False,
) -> Path:
    """Train a network, or continue after the last finished block of the same run.

    Args:
        composer: Draws the scenes, on the device that trains.
        recipe: The hyperparameters.
        folder: Folder of checkpoint and log.
        origin: Fingerprint of the photos; a run on other photos is not continued.
        validate: Returns figures of a network on validation photos for the log; nothing is chosen
            by them.
        here: The device.
        init: The network to start from, which is also the teacher; ONNX.
        restart: Whether to replace an earlier run.

    Returns:
        The checkpoint's path.

    Raises:
        UsageError: There is an earlier run with other photos or another recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if restart:
        (folder / CHECKPOINT).unlink(missing_ok=True)
    torch.manual_seed(recipe.seed)
    model = from_release(init).to(here.device)
    teacher = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
    )
    inputs = {
        "hyperparameters": fingerprint(asdict(recipe)),
        "photos": origin,
        "initial weights": file_hash(init),
    }
    facts: dict[str, str | float] = {
        "text": f"the weights of {init.parent.name}",
        "scenes": recipe.steps * recipe.batch,
    }
    run = TrainingRun(model, moving_average(model, recipe.ema), optimizer, 0, inputs, "", facts)
    if checkpoint.resume(run, folder / CHECKPOINT, recipe.blocks):
        log(f"fit: {run.epoch} of {recipe.blocks} epochs are finished")
    else:
        log(f"fit: a network of {weights_of(model)} weights, from {facts['text']}")
    return run_epochs(
        run,
        recipe.blocks,
        folder,
        lambda: _block(run, teacher, composer, recipe, here),
        validate,
        here,
    )


def _block(
    run: TrainingRun,
    teacher: YuNet,
    composer: SceneComposer,
    recipe: DetectorRecipe,
    here: ComputeDevice,
) -> float:
    # Seeded per block: a resumed run draws the same scenes as an uninterrupted one.
    seed = recipe.seed * 1000 + run.epoch
    progress = ProgressLine(f"fit: epoch {run.epoch + 1}", recipe.steps * recipe.batch, 20)
    total = torch.zeros((), device=here.device)
    shares = THREADS if here.device.type == "cpu" else 1
    sources = [RandomSource.seeded(seed * 100 + i, here.device) for i in range(shares)]
    weights = list(run.model.parameters())
    size = recipe.batch // shares

    def gradients_of(rng: RandomSource) -> tuple[Tensor, tuple[Tensor, ...]]:
        loss = _loss(run.model, teacher, composer, size, recipe.turned, rng)
        return loss.detach(), torch.autograd.grad(loss, weights)

    threads = min(shares, torch.get_num_threads())
    with ThreadPoolExecutor(threads, initializer=_one_thread, initargs=(here,)) as pool:
        for step in range(recipe.steps):
            done = (run.epoch + step / recipe.steps) / recipe.blocks
            rate = recipe.rate * warm_up_and_cosine(done, recipe.warm_up)
            set_learning_rate(run.optimizer, rate)
            losses, gradients = zip(*pool.map(gradients_of, sources), strict=True)
            _update(run, weights, gradients)
            total += torch.stack(losses).mean()
            progress.add(recipe.batch)
    return float(total) / recipe.steps


def _update(
    run: TrainingRun, weights: Sequence[Tensor], gradients: Sequence[Sequence[Tensor]]
) -> None:
    for weight, *parts in zip(weights, *gradients, strict=True):
        weight.grad = torch.stack(parts).mean(0)
    nn.utils.clip_grad_norm_(weights, 5.0)
    run.optimizer.step()
    run.average.update_parameters(run.model)


def _one_thread(here: ComputeDevice) -> None:
    if here.device.type == "cpu":
        torch.set_num_threads(1)


def _loss(
    model: YuNet,
    teacher: YuNet,
    composer: SceneComposer,
    count: int,
    turned: float,
    rng: RandomSource,
) -> Tensor:
    scenes = composer.draw(count, rng)
    pixels = scenes.pixels.to(torch.float32)
    is_turned = (rng.rand(count) < turned) & ~scenes.face_free
    upside_down = torch.rot90(pixels, rng.host.choice((1, 2, 2, 3)), (2, 3))
    pixels = torch.where(is_turned.view(-1, 1, 1, 1), upside_down, pixels)
    shown = (~is_turned).view(-1, 1, 1)
    empty = scenes.face_free.float() + TURNED_WEIGHT * is_turned.float()
    with torch.no_grad():
        levels = teacher.levels(pixels)
        taught = joined(levels)
        squares = teacher.squares(taught, cells_of(levels))
    goals = Goals(scenes.faces * shown, scenes.unsure * shown, empty)
    return loss_of(joined(model.levels(pixels)), taught, squares, goals)

"""Training of the detector on generated scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from training.common import checkpoint
from training.common.batch_norm import adopt_statistics
from training.common.cache import file_hash, fingerprint
from training.common.checkpoint import TrainingRun
from training.common.distributed import ComputeDevice
from training.common.ema import moving_average
from training.common.float_weights import dequantized, fill_folded
from training.common.learning_rate import warm_up_and_cosine
from training.common.optimizer import set_learning_rate
from training.common.progress import ProgressLine, log
from training.common.random_source import RandomSource
from training.common.run_files import CHECKPOINT
from training.common.training_loop import run_epochs
from training.detector.batches import Batch, draw_batch
from training.detector.loss import BOX_WEIGHT, box_loss, heat_loss
from training.detector.network import ProposalNetwork, normalize, weights_of
from training.detector.recipe import DetectorRecipe
from training.detector.scenes import SceneComposer

THREADS = 2
"""On a CPU, each thread composes and learns a share of the batch and synchronizes once per step.
OpenMP synchronizes hundreds of times per step: as fast on an idle machine, five times slower on a
busy one."""
STATISTICS_SCENES = 64
"""Number of scenes whose statistics the batch norms of released weights start with."""


def fit(
    composer: SceneComposer,
    recipe: DetectorRecipe,
    folder: Path,
    origin: str,
    validate: Callable[[nn.Module], Mapping[str, float]],
    here: ComputeDevice,
    init: Path | None = None,
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
        init: A released network to start from, 8-bit ONNX; None: random weights.
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
    model = ProposalNetwork()
    model = model.to(here.device, memory_format=torch.channels_last)
    if init is not None:
        fill_folded(model, dequantized(init), init)
        scenes = composer.draw(STATISTICS_SCENES, RandomSource.seeded(recipe.seed, here.device))
        adopt_statistics(model, normalize(scenes.pixels))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
    )
    inputs = {
        "hyperparameters": fingerprint(asdict(recipe)),
        "photos": origin,
        "initial weights": "" if init is None else file_hash(init),
    }
    start = "random weights" if init is None else f"the weights of {init.parent.name}"
    facts: dict[str, str | float] = {"text": start, "scenes": recipe.steps * recipe.batch}
    run = TrainingRun(model, moving_average(model, recipe.ema), optimizer, 0, inputs, "", facts)
    if checkpoint.resume(run, folder / CHECKPOINT, recipe.blocks):
        log(f"fit: {run.epoch} of {recipe.blocks} epochs are finished")
    else:
        log(f"fit: a network of {weights_of(model)} weights, from {start}")
    return run_epochs(
        run,
        recipe.blocks,
        folder,
        lambda: _block(run, composer, recipe, here),
        validate,
        here,
    )


def _block(
    run: TrainingRun, composer: SceneComposer, recipe: DetectorRecipe, here: ComputeDevice
) -> float:
    # Seeded per block: a resumed run draws the same scenes as an uninterrupted one.
    seed = recipe.seed * 1000 + run.epoch
    progress = ProgressLine(f"fit: epoch {run.epoch + 1}", recipe.steps * recipe.batch, 20)
    run.model.train()
    total = torch.zeros((), device=here.device)
    shares = THREADS if here.device.type == "cpu" else 1
    sources = [RandomSource.seeded(seed * 100 + i, here.device) for i in range(shares)]
    threads = min(shares, torch.get_num_threads())
    with ThreadPoolExecutor(threads, initializer=_one_thread, initargs=(here,)) as pool:
        for step in range(recipe.steps):
            done = (run.epoch + step / recipe.steps) / recipe.blocks
            rate = recipe.rate * warm_up_and_cosine(done, recipe.warm_up)
            set_learning_rate(run.optimizer, rate)
            total += _step(run, composer, recipe, done, sources, pool)
            progress.add(recipe.batch)
    return float(total) / recipe.steps


def _one_thread(here: ComputeDevice) -> None:
    if here.device.type == "cpu":
        torch.set_num_threads(1)


def _step(
    run: TrainingRun,
    composer: SceneComposer,
    recipe: DetectorRecipe,
    done: float,
    sources: Sequence[RandomSource],
    pool: ThreadPoolExecutor,
) -> Tensor:
    """Train on one batch, of which each thread composes a share; return the loss per face."""
    weights = list(run.model.parameters())
    sizes = [recipe.batch * (i + 1) // len(sources) - recipe.batch * i // len(sources)
             for i in range(len(sources))]  # fmt: skip

    def gradients_of(size: int, rng: RandomSource) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        batch = draw_batch(composer, size, rng)
        loss = _loss(run.model, batch, done >= recipe.believed_from)
        return batch.faces.sum(), loss.detach(), torch.autograd.grad(loss, weights)

    counts, losses, gradients = zip(*pool.map(gradients_of, sizes, sources), strict=True)
    count = sum(counts).clamp(min=1)
    for weight, *parts in zip(weights, *gradients, strict=True):
        weight.grad = torch.stack(parts).sum(0) / count
    nn.utils.clip_grad_norm_(weights, 10.0)
    run.optimizer.step()
    run.average.update_parameters(run.model)
    return torch.as_tensor(sum(losses) / count)


def _loss(model: nn.Module, batch: Batch, believed: bool) -> Tensor:
    # In float32: bfloat16 takes twice the time on a CPU for channels this narrow.
    logits, predicted = model(normalize(batch.pixels))
    trusted = batch.face_free if believed else torch.ones_like(batch.face_free)
    loss = heat_loss(logits.squeeze(1), batch.heat, batch.free, trusted)
    return loss + BOX_WEIGHT * box_loss(predicted, batch.boxes, batch.weight)

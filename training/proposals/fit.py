"""Scenes -> a network that proposes faces."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from training import checkpoint
from training.average import Average
from training.cache import fingerprint
from training.checkpoint import Run
from training.fit import schedule
from training.progress import Progress, say
from training.proposals.batches import Batch, batches
from training.proposals.loss import BOX_SHARE, box_loss, heat_loss
from training.proposals.network import Proposer, normalize, weights_of
from training.proposals.recipe import Recipe
from training.proposals.scene import Stage

CHECKPOINT = "run.pt"
LOG = "log.csv"
CORES = 2
"""Each takes its share of a batch and meets the others once a step. OpenMP, with hundreds of
meetings a step, is as fast on an idle machine and five times slower on a busy one."""


def fit(
    stage: Stage,
    recipe: Recipe,
    folder: Path,
    origin: str,
    look: Callable[[nn.Module], Mapping[str, float]],
) -> Path:
    """Train, going on from the last finished block if the same run was begun before.

    Args:
        stage: Draws the scenes.
        recipe: The knobs.
        folder: Where checkpoint and log go.
        origin: What the scenes are made of; other photos are another run.
        look: Figures of a network on validation photos, for the log: nothing is chosen by them.

    Returns:
        The checkpoint's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CHECKPOINT
    torch.manual_seed(recipe.seed)
    model = Proposer().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
    )
    key = fingerprint([asdict(recipe), origin])
    run = Run(model, Average(model, recipe.ema), optimizer, 0, key)
    if checkpoint.resume(run, path):
        say(f"fit: {run.epoch} of {recipe.blocks} blocks are done")
    else:
        (folder / LOG).unlink(missing_ok=True)
        say(f"fit: a network of {weights_of(model)} weights")
    while run.epoch < recipe.blocks:
        start = time.monotonic()
        figures = {"loss": _block(run, stage, recipe)}
        run.epoch += 1
        checkpoint.save(run, path)
        figures |= look(run.average.model)
        figures["seconds"] = time.monotonic() - start
        say(f"fit: block {run.epoch}/{recipe.blocks}: " + _text(figures))
        _log(folder / LOG, {"block": run.epoch, **figures})
    return path


def _block(run: Run, stage: Stage, recipe: Recipe) -> float:
    # Seeded by the block, so that a resumed run draws what an unbroken one would have drawn.
    seed = recipe.seed * 1000 + run.epoch
    progress = Progress(f"fit: block {run.epoch + 1}", recipe.steps * recipe.batch, 20)
    run.model.train()
    total = 0.0
    with ThreadPoolExecutor(CORES, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for step, batch in enumerate(batches(stage, recipe.steps, recipe.batch, seed)):
            done = (run.epoch + step / recipe.steps) / recipe.blocks
            for group in run.optimizer.param_groups:
                group["lr"] = recipe.rate * schedule(done, recipe.warm_up)
            total += _step(run, batch, done >= recipe.believed_from, pool)
            progress.add(recipe.batch)
    return total / recipe.steps


def _step(run: Run, batch: Batch, believed: bool, pool: ThreadPoolExecutor) -> float:
    count = batch[-1].sum().clamp(min=1)
    weights = list(run.model.parameters())

    def part(some: Batch) -> tuple[float, tuple[Tensor, ...]]:
        loss = _loss(run.model, some, believed) / count
        return float(loss.detach()), torch.autograd.grad(loss, weights)

    halves = [tensor.chunk(CORES) for tensor in batch]
    parts = list(pool.map(part, zip(*halves, strict=True)))
    for weight, *gradients in zip(weights, *(found for _, found in parts), strict=True):
        weight.grad = torch.stack(gradients).sum(0)
    nn.utils.clip_grad_norm_(weights, 10.0)
    run.optimizer.step()
    run.average.update(run.model)
    return sum(loss for loss, _ in parts)


def _loss(model: nn.Module, batch: Batch, believed: bool) -> Tensor:
    pixels, heat, weight, free, boxes, face_free, _ = batch
    # In float: bfloat16, which helps large networks, costs these narrow ones twice the time.
    logits, found = model(normalize(pixels).contiguous(memory_format=torch.channels_last))
    trust = face_free if believed else torch.ones_like(face_free)
    loss = heat_loss(logits.squeeze(1), heat, free, trust)
    return loss + BOX_SHARE * box_loss(found, boxes, weight)


def _text(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())


def _log(path: Path, values: Mapping[str, float]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(values)
        writer.writerow([round(value, 5) for value in values.values()])

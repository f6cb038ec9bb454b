"""Crops and ImageNet weights -> a network that tells glasses."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn import functional

from training import checkpoint
from training.augment import augment, centre
from training.average import Average
from training.cache import file_hash, fingerprint
from training.checkpoint import Run
from training.cropset import CropSet
from training.model.imagenet import adopt_statistics, load_folded
from training.model.mobilenet_v2 import MobileNetV2, glasses_network
from training.progress import Progress, say
from training.recipe import Recipe

CHECKPOINT = "run.pt"
LOG = "log.csv"
ADOPT = 256
"""Crops whose statistics the batch norms start from."""


def fit(
    train: CropSet,
    validation: CropSet,
    init: Path,
    recipe: Recipe,
    folder: Path,
    origin: Sequence[str] = (),
) -> Path:
    """Train, going on from the last finished epoch if the same run was begun before.

    Args:
        train: Crops to learn from.
        validation: Crops to look at after each epoch; nothing is chosen by them here.
        init: ImageNet weights, see `training.model.imagenet`.
        recipe: The knobs.
        folder: Where checkpoint and log go.
        origin: What the crops were made from; other crops are another run.

    Returns:
        The checkpoint's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CHECKPOINT
    torch.manual_seed(recipe.seed)
    model = glasses_network()
    run = Run(
        model,
        Average(model, recipe.ema),
        _optimizer(model, recipe),
        0,
        run_key(train, init, recipe, origin),
    )
    if checkpoint.resume(run, path):
        say(f"fit: {run.epoch} of {recipe.epochs} epochs are done")
    else:
        _start(run, train, init, recipe)
        (folder / LOG).unlink(missing_ok=True)
    while run.epoch < recipe.epochs:
        start = time.monotonic()
        loss = _epoch(run, train, recipe)
        run.epoch += 1
        score = _f1(run.average.model, validation)
        checkpoint.save(run, path)
        seconds = time.monotonic() - start
        say(f"fit: epoch {run.epoch}/{recipe.epochs}: loss {loss:.4f}, validation F1 {score:.4f}")
        _log(folder / LOG, (run.epoch, round(loss, 5), round(score, 5), round(seconds, 1)))
    return path


def run_key(train: CropSet, init: Path, recipe: Recipe, origin: Sequence[str]) -> str:
    """What a run depends on."""
    names = [(row.name, row.has_glasses) for row in train.rows]
    return fingerprint([asdict(recipe), names, file_hash(init), list(origin)])


def _start(run: Run, train: CropSet, init: Path, recipe: Recipe) -> None:
    load_folded(run.model, init)
    rng = torch.Generator().manual_seed(recipe.seed)
    some = torch.randperm(len(train.rows), generator=rng)[:ADOPT].numpy()
    adopt_statistics(run.model, augment(torch.from_numpy(train.pixels[some]), rng))
    run.model.to(memory_format=torch.channels_last)
    run.average.model.load_state_dict(run.model.state_dict())


def _optimizer(model: MobileNetV2, recipe: Recipe) -> torch.optim.Optimizer:
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.rate)


def _epoch(run: Run, train: CropSet, recipe: Recipe) -> float:
    # Seeded by the epoch, so that a resumed run draws what an unbroken one would have drawn.
    rng = torch.Generator().manual_seed(recipe.seed * 1000 + run.epoch)
    labels = torch.tensor([row.has_glasses for row in train.rows], dtype=torch.float32)
    targets = labels * (1 - recipe.smoothing) + recipe.smoothing / 2
    batches = list(_batches(len(labels), recipe.batch, rng))
    progress = Progress(f"fit: epoch {run.epoch + 1}", len(batches) * recipe.batch, 20)
    run.model.train()
    total = 0.0
    for step, chosen in enumerate(batches):
        done = (run.epoch + step / len(batches)) / recipe.epochs
        for group in run.optimizer.param_groups:
            group["lr"] = recipe.rate * schedule(done, recipe.warm_up)
        x = augment(torch.from_numpy(train.pixels[chosen.numpy()]), rng)
        loss = _step(run, x, targets[chosen])
        total += loss
        progress.add(recipe.batch)
    return total / len(batches)


def _step(run: Run, x: Tensor, targets: Tensor) -> float:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = run.model(x.contiguous(memory_format=torch.channels_last))
    loss = functional.binary_cross_entropy_with_logits(logits.float().squeeze(1), targets)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    run.optimizer.step()
    run.average.update(run.model)
    return float(loss.detach())


def _batches(count: int, size: int, rng: torch.Generator) -> Iterator[Tensor]:
    order = torch.randperm(count, generator=rng)
    return (order[start : start + size] for start in range(0, count - size + 1, size))


def schedule(done: float, warm_up: float) -> float:
    """Share of the highest learning rate when `done` (0..1) of all steps are over."""
    if done < warm_up:
        return (done + 1e-3) / (warm_up + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))


def logits_of(model: nn.Module, crops: CropSet, batch: int = 128) -> npt.NDArray[np.float32]:
    """The network's logits for stored crops, seen as the worker would see them; N float32."""
    model.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(crops.rows), batch):
            x = centre(torch.from_numpy(crops.pixels[start : start + batch]))
            parts.append(model(x.contiguous(memory_format=torch.channels_last)).squeeze(1))
    return np.asarray(torch.cat(parts).numpy(), dtype=np.float32)


def _f1(model: nn.Module, crops: CropSet) -> float:
    labels = [row.has_glasses for row in crops.rows]
    return float(f1_score(labels, logits_of(model, crops) > 0))


def _log(path: Path, values: tuple[float, ...]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(("epoch", "loss", "validation_f1", "seconds"))
        writer.writerow(values)

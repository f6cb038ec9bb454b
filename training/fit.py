"""Crops and pretrained weights -> a network that tells glasses."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn import functional

from glasses.errors import UsageError
from training import checkpoint
from training.augment import augment, centre
from training.average import Average
from training.cache import file_hash, fingerprint
from training.checkpoint import Run
from training.cropset import CropSet
from training.devices import Place, place
from training.model import pretrained
from training.model.backbones import glasses_network
from training.model.imagenet import adopt_statistics
from training.optimize import optimizer, rate_at, schedule
from training.precision import spare_slow_layers
from training.progress import Progress, say
from training.recipe import Recipe

__all__ = ["fit", "logits_of", "run_key", "schedule"]

CHECKPOINT = "run.pt"
LOG = "log.csv"
ADOPT = 256
"""Crops whose statistics the batch norms start from."""


def fit(
    train: CropSet,
    validation: CropSet,
    init: Path | None,
    recipe: Recipe,
    folder: Path,
    origin: Sequence[str] = (),
) -> Path:
    """Train, going on from the last finished epoch if the same run was begun before.

    Started by `torchrun`, the processes share each step's batch among them.

    Args:
        train: Crops to learn from.
        validation: Crops to look at after each epoch; nothing is chosen by them here.
        init: Weights to start from, see `training.model.pretrained`; None: random ones.
        recipe: The knobs.
        folder: Where checkpoint and log go.
        origin: What the crops were made from; other crops are another run.

    Returns:
        The checkpoint's path.

    Raises:
        UsageError: There are too few crops for a single step.
    """
    if len(train.rows) < recipe.batch:
        raise UsageError(
            f"{len(train.rows)} faces to learn from, and a step of training takes {recipe.batch}: "
            "give more labelled photos"
        )
    with place() as here:
        return _fit(train, validation, init, recipe, folder, origin, here)


def _fit(
    train: CropSet,
    validation: CropSet,
    init: Path | None,
    recipe: Recipe,
    folder: Path,
    origin: Sequence[str],
    here: Place,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CHECKPOINT
    torch.manual_seed(recipe.seed)
    model = glasses_network(recipe.backbone).to(here.device)
    run = Run(
        model,
        Average(model, recipe.ema),
        optimizer(model, recipe),
        0,
        run_key(train, init, recipe, origin),
        recipe.backbone,
    )
    if checkpoint.resume(run, path):
        _say(here, f"fit: {run.epoch} of {recipe.epochs} epochs are done")
    else:
        _start(run, train, init, recipe, here)
    if here.device.type == "cpu":
        spare_slow_layers(run.model)  # after the average was copied from it
    here.wait()  # nobody may write a checkpoint that another has yet to look for
    shared = here.share(run.model)
    while run.epoch < recipe.epochs:
        start = time.monotonic()
        loss = _epoch(run, shared, train, recipe, here)
        run.epoch += 1
        if here.leads:
            _finish(run, validation, recipe, path, loss, start)
        here.wait()
    return path


def run_key(train: CropSet, init: Path | None, recipe: Recipe, origin: Sequence[str]) -> str:
    """What a run depends on."""
    names = [(row.name, row.has_glasses) for row in train.rows]
    start = None if init is None else file_hash(init)
    return fingerprint([recipe.key, names, start, list(origin)])


def _start(run: Run, train: CropSet, init: Path | None, recipe: Recipe, here: Place) -> None:
    if init is not None and pretrained.load(run.model, recipe.backbone, init):
        rng = torch.Generator(here.device).manual_seed(recipe.seed)
        order = torch.randperm(len(train.rows), generator=rng, device=here.device)
        some = order[:ADOPT].cpu().numpy()
        adopt_statistics(run.model, augment(torch.from_numpy(train.pixels[some]), rng))
    run.model.to(memory_format=torch.channels_last)
    run.average.model.load_state_dict(run.model.state_dict())


def _finish(
    run: Run, validation: CropSet, recipe: Recipe, path: Path, loss: float, start: float
) -> None:
    score = _f1(run.average.model, validation)
    if run.epoch == 1:
        path.with_name(LOG).unlink(missing_ok=True)
    checkpoint.save(run, path)
    seconds = time.monotonic() - start
    say(f"fit: epoch {run.epoch}/{recipe.epochs}: loss {loss:.4f}, validation F1 {score:.4f}")
    _log(path.with_name(LOG), (run.epoch, round(loss, 5), round(score, 5), round(seconds, 1)))


def _epoch(run: Run, shared: nn.Module, train: CropSet, recipe: Recipe, here: Place) -> float:
    # Seeded by the epoch, so that a resumed run draws what an unbroken one would have drawn. All
    # processes draw the same order, and take turns in each batch; each changes its crops itself.
    seed = recipe.seed * 1000 + run.epoch
    rng = torch.Generator().manual_seed(seed)
    labels = torch.tensor([row.has_glasses for row in train.rows], dtype=torch.float32)
    targets = labels * (1 - recipe.smoothing) + recipe.smoothing / 2
    batches = list(_batches(len(labels), recipe.batch, rng))
    if here.world > 1 or here.device.type != "cpu":
        rng = torch.Generator(here.device).manual_seed(seed * 100 + here.rank)
    progress = Progress(f"fit: epoch {run.epoch + 1}", len(batches) * recipe.batch, 20)
    run.model.train()
    total = torch.zeros((), device=here.device)
    for step, chosen in enumerate(batches):
        done = run.epoch + step / len(batches)
        for group in run.optimizer.param_groups:
            group["lr"] = rate_at(done, recipe)
        mine = chosen[here.rank :: here.world]
        x = augment(torch.from_numpy(train.pixels[mine.numpy()]), rng, recipe.augmentation)
        total += _step(run, shared, x, targets[mine].to(here.device))
        if here.leads:
            progress.add(recipe.batch)
    return float(total) / len(batches)


def _step(run: Run, shared: nn.Module, x: Tensor, targets: Tensor) -> Tensor:
    with torch.autocast(x.device.type, dtype=torch.bfloat16):
        logits = shared(x.contiguous(memory_format=torch.channels_last))
    loss = functional.binary_cross_entropy_with_logits(logits.float().squeeze(1), targets)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    run.optimizer.step()
    run.average.update(run.model)
    return loss.detach()


def _batches(count: int, size: int, rng: torch.Generator) -> Iterator[Tensor]:
    order = torch.randperm(count, generator=rng)
    return (order[start : start + size] for start in range(0, count - size + 1, size))


def logits_of(model: nn.Module, crops: CropSet, batch: int = 128) -> npt.NDArray[np.float32]:
    """The network's logits for stored crops, seen as the worker would see them; N float32."""
    model.eval()
    device = next(model.parameters()).device
    parts = [torch.zeros(0)]
    with torch.inference_mode():
        for start in range(0, len(crops.rows), batch):
            x = centre(torch.from_numpy(crops.pixels[start : start + batch]).to(device))
            logits = model(x.contiguous(memory_format=torch.channels_last))
            parts.append(logits.squeeze(1).float().cpu())
    return np.asarray(torch.cat(parts).numpy(), dtype=np.float32)


def _f1(model: nn.Module, crops: CropSet) -> float:
    labels = [row.has_glasses for row in crops.rows]
    return float(f1_score(labels, logits_of(model, crops) > 0))


def _say(here: Place, text: str) -> None:
    if here.leads:
        say(text)


def _log(path: Path, values: tuple[float, ...]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(("epoch", "loss", "validation_f1", "seconds"))
        writer.writerow(values)

"""Train the classifier of the checkout on PYTHONPATH, for `tests.bench.training_rate`.

It also knows the names of efbbf39, whose training it is compared with.
"""

from __future__ import annotations

import dataclasses
import json
import resource
import sys
import time
import zlib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

IS_NEW = find_spec("training.common") is not None
import_module("training.common.allocator" if IS_NEW else "training.allocator").keep_memory()

import torch  # noqa: E402
from sklearn.metrics import f1_score  # noqa: E402

fit: Any = import_module("training.classifier.fit" if IS_NEW else "training.fit")
crop_set: Any = import_module("training.common.crop_set" if IS_NEW else "training.cropset")
VALIDATE = "validation_figures" if IS_NEW else "_f1"


def main(options: dict[str, Any]) -> dict[str, list[float]]:
    """Train; return rates and times of each epoch, peak memory, and the F1 of the result."""
    torch.set_num_threads(1)
    if options["precision"] == "float32":
        _switch_off_autocast()
    train, validation = _parts(Path(options["crops"]), options["datasets"], options["count"])
    before = _peak_mb()
    times, models = _watched_epochs(), _watched_models()
    recipe = dataclasses.replace(
        fit.ClassifierRecipe() if IS_NEW else fit.Recipe(),
        seed=options["seed"],
        epochs=options["epochs"],
        ema=0.98,
    )
    init = Path(options["init"])
    start = fit.InitialWeights(init, init.name) if IS_NEW else init
    fit.fit(train, validation, start, recipe, Path(options["into"]))
    peak = _peak_mb()
    count = len(train.rows) // recipe.batch * recipe.batch
    logits = _logits(models[-1], validation)
    return {
        "wall": [count / wall for wall, _ in times],
        "cpu": [count / cpu for _, cpu in times],
        "seconds": [wall for wall, _ in times],
        "mb": [peak],
        "mb_before": [before],
        "f1": [float(f1_score([row.has_glasses for row in validation.rows], logits > 0))],
    }


def _parts(folder: Path, names: list[str], count: int) -> tuple[Any, Any]:
    """Return crops to train on, and those of a quarter of the people."""
    crops = crop_set.read(folder, names)
    found = [i for i, row in enumerate(crops.rows) if row.found]
    some = sorted(found, key=lambda i: zlib.crc32(crops.rows[i].name.encode()))[:count]
    people = [crops.rows[i].identity or crops.rows[i].name for i in some]
    held_out = [zlib.crc32(who.encode()) % 4 == 0 for who in people]
    train, validation = (
        [i for i, is_out in zip(some, held_out, strict=True) if is_out is wanted]
        for wanted in (False, True)
    )
    return (
        crop_set.CropSet([crops.rows[i] for i in train], crops.pixels[train]),
        crop_set.CropSet([crops.rows[i] for i in validation], crops.pixels[validation]),
    )


def _logits(model: Any, crops: Any) -> Any:
    if not IS_NEW:
        return fit.logits_of(model, crops)
    scores = import_module("training.classifier.crop_scores")
    return scores.logits_of(model, torch.from_numpy(crops.pixels))


def _switch_off_autocast() -> None:
    autocast = torch.autocast
    torch.autocast = lambda device, **settings: autocast(device, **settings | {"enabled": False})


def _watched_epochs() -> list[tuple[float, float]]:
    """Return a list that gets wall and CPU seconds of each epoch's steps."""
    times, epoch = [], fit._epoch

    def timed(*arguments: Any) -> float:
        wall, cpu = time.perf_counter(), time.process_time()
        loss = epoch(*arguments)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
        return loss

    fit._epoch = timed
    return times


def _watched_models() -> list[Any]:
    """Return a list that gets the averaged network after each epoch."""
    models, validate = [], getattr(fit, VALIDATE)

    def seen(model: Any, *arguments: Any) -> Any:
        models.append(model)
        return validate(model, *arguments)

    setattr(fit, VALIDATE, seen)
    return models


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))

"""Measure training of the classifier on a CPU: `python -m tests.bench.training_rate CROPS`.

CROPS is a folder that `glasses-train crops` wrote. With `--other CHECKOUT`, the code of another
checkout trains on the same crops, in turns, from the same weights, for several seeds, with one
thread: images per second of CPU time (validation included; other processes of a busy machine do
not count), peak memory, validation F1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[2]
CHILD = """
import csv, dataclasses, json, resource, sys, time, zlib
from pathlib import Path
from training.common.allocator import keep_memory
keep_memory()
import torch
from training.classifier.fit import fit
from training.classifier.recipe import ClassifierRecipe
from training.common import crop_set
options = json.loads(sys.argv[1])
torch.set_num_threads(1)
crops = crop_set.read(Path(options["crops"]), options["datasets"])
order = [i for i, row in enumerate(crops.rows) if row.found]
order = sorted(order, key=lambda i: zlib.crc32(crops.rows[i].name.encode()))[: options["count"]]
def held_out(i):
    row = crops.rows[i]
    return zlib.crc32((row.identity or row.name).encode()) % 4 == 0
def part(chosen):
    return crop_set.CropSet([crops.rows[i] for i in chosen], crops.pixels[chosen])
train = part([i for i in order if not held_out(i)])
validation = part([i for i in order if held_out(i)])
del crops
init = Path(options["init"])
try:
    from training.classifier.model.initial import InitialWeights
    init = InitialWeights(init, init.name)
except ImportError:
    pass
recipe = dataclasses.replace(
    ClassifierRecipe(), seed=options["seed"], epochs=options["epochs"], ema=0.98
)
into = Path(options["into"])
start = time.process_time()
fit(train, validation, init, recipe, into)
seconds = time.process_time() - start
(log,) = into.glob("*.csv")
rows = list(csv.DictReader(log.open()))
count = len(train.rows) // recipe.batch * recipe.batch
print(json.dumps({
    "train": len(train.rows),
    "validation": len(validation.rows),
    "images_per_second": count * recipe.epochs / seconds,
    "f1": float(rows[-1]["validation_f1"]),
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.training_rate", description=__doc__
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("--init", type=Path, required=True, help="weights to start from, .npz")
    parser.add_argument("--other", type=Path, help="another checkout of this project")
    parser.add_argument("--datasets", default="celeba,lfw", help="names, separated by commas")
    parser.add_argument(
        "--count", type=int, default=800, help="crops, a quarter of them validation"
    )
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    checkouts = [HERE] if options.other is None else [options.other.resolve(), HERE]
    results: dict[Path, list[dict[str, float]]] = {each: [] for each in checkouts}
    for seed in range(1, options.seeds + 1):
        for checkout in checkouts if seed % 2 else reversed(checkouts):
            results[checkout].append(_train(checkout, seed, options))
            sys.stderr.write(f"{checkout.name} seed {seed}: {results[checkout][-1]}\n")
    for checkout, runs in results.items():
        rates, scores, memory = (
            [run[name] for run in runs] for name in ("images_per_second", "f1", "mb")
        )
        sys.stdout.write(
            f"{checkout.name:12} {statistics.median(rates):6.1f} images/s "
            f"({min(rates):.1f} to {max(rates):.1f}), {max(memory):.0f} MB, validation F1 "
            f"{statistics.mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f})\n"
        )


def _train(checkout: Path, seed: int, options: argparse.Namespace) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as into:
        values = {
            "crops": str(options.crops.resolve()),
            "datasets": options.datasets.split(","),
            "init": str(options.init.resolve()),
            "count": options.count,
            "epochs": options.epochs,
            "seed": seed,
            "into": into,
        }
        environment = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
        run = subprocess.run(
            [sys.executable, "-c", CHILD, json.dumps(values)],
            cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    result: dict[str, float] = json.loads(run.stdout)
    return result


if __name__ == "__main__":
    main()

"""Measure training of the classifier on a CPU: `python -m tests.bench.training_rate CROPS`.

CROPS is a folder that `glasses-train crops` wrote. With `--other CHECKOUT`, the code of another
checkout trains on the same crops, in turns, from the same weights, for several seeds, with one
thread: of efbbf39, for example, the last commit that gathers crops on the host at each step. Both
compute in float32, unless `--precision own` leaves it to them: emulated bfloat16 is slow.

Printed are images per second of the training steps, of wall time and of CPU time (in which other
processes of a busy machine do not count), the time of an epoch, all medians over epochs and seeds;
peak memory; and F1 on the validation crops at probability 0.5, mean and deviation over the seeds.
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
COLUMNS = ("images/s, wall", "images/s, CPU", "epoch, s", "peak memory, MB", "validation F1")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.training_rate", description=__doc__
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("--init", type=Path, required=True, help="weights to start from, .npz")
    parser.add_argument("--other", type=Path, help="another checkout of this project")
    parser.add_argument("--datasets", default="lfw,mtfl", help="names, separated by commas")
    parser.add_argument(
        "--count", type=int, default=1200, help="crops, a quarter of them validation"
    )
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--precision", choices=["float32", "own"], default="float32")
    options = parser.parse_args()
    checkouts = [HERE] if options.other is None else [options.other.resolve(), HERE]
    results: dict[Path, list[dict[str, list[float]]]] = {each: [] for each in checkouts}
    for seed in range(1, options.seeds + 1):
        for checkout in checkouts if seed % 2 else reversed(checkouts):
            results[checkout].append(_train(checkout, seed, options))
            sys.stderr.write(f"{checkout.name} seed {seed}: {results[checkout][-1]}\n")
    sys.stdout.write(f"| checkout | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}\n")
    for checkout, runs in results.items():
        wall, cpu, seconds, memory, scores = (
            [value for run in runs for value in run[name]]
            for name in ("wall", "cpu", "seconds", "mb", "f1")
        )
        sys.stdout.write(
            f"| {checkout.name} | {statistics.median(wall):.1f} ({min(wall):.1f}–{max(wall):.1f}) "
            f"| {statistics.median(cpu):.1f} ({min(cpu):.1f}–{max(cpu):.1f}) "
            f"| {statistics.median(seconds):.1f} | {max(memory):.0f} "
            f"| {statistics.mean(scores):.4f} ± {statistics.pstdev(scores):.4f} |\n"
        )


def _train(checkout: Path, seed: int, options: argparse.Namespace) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as into:
        values = {
            "crops": str(options.crops.resolve()),
            "datasets": options.datasets.split(","),
            "init": str(options.init.resolve()),
            "count": options.count,
            "epochs": options.epochs,
            "precision": options.precision,
            "seed": seed,
            "into": into,
        }
        environment = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
        program = Path(__file__).with_name("training_child.py")
        run = subprocess.run(
            [sys.executable, "-P", program, json.dumps(values)],
            cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    result: dict[str, list[float]] = json.loads(run.stdout)
    return result


if __name__ == "__main__":
    main()

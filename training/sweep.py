"""Sweeps: many training runs (seeds, folds, backbones) as a queue over the devices.

Each run is a process, `glasses-train fit`, which continues where it was interrupted. So does the
sweep.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from queue import Queue
from typing import Any

import torch

from glasses.errors import GlassesError
from training.common import splits
from training.common.card import markdown_table
from training.common.progress import log
from training.common.run_files import RESULT
from training.common.sample import Sample

Environment = Mapping[str, str]
FIGURES = ("validation_f1", "test_f1", "images_per_second")


@dataclass(frozen=True, slots=True)
class SweepRun:
    """One run of a sweep.

    Attributes:
        split: See `training.common.splits`.
        backbone: See `training.classifier.model.backbones`.
        seed: Seed of all random numbers.
        folder: Folder of its checkpoint and result.
    """

    split: str
    backbone: str
    seed: int
    folder: Path

    @property
    def name(self) -> str:
        """The run in words."""
        return f"{self.backbone} {self.split} seed {self.seed}"

    @property
    def options(self) -> list[str]:
        """The run's options of `glasses-train fit`."""
        return ["--split", self.split, "--backbone", self.backbone, "--seed", str(self.seed)]


def leave_out_splits(samples: Sequence[Sample]) -> list[str]:
    """Return a split per dataset, or per group of datasets that share people."""
    covered: set[str] = set()
    chosen = []
    for name in dict.fromkeys(sample.dataset for sample in samples):
        if name not in covered:
            covered |= splits.related_datasets(samples, name)
            chosen.append(f"{splits.LEAVE_OUT}{name}")
    return chosen


def combinations(
    folder_of: Mapping[tuple[str, str, int], Path],
    split_names: Iterable[str],
    backbones: Iterable[str],
    seeds: Iterable[int],
) -> list[SweepRun]:
    """Return a run per combination, ordered by split, backbone and seed."""
    chosen = product(split_names, backbones, seeds)
    return [SweepRun(s, b, seed, folder_of[s, b, seed]) for s, b, seed in chosen]


def slots(per_device: int) -> Sequence[Environment]:
    """Return the environment of each run that may run at a time: `per_device` per GPU.

    Without a GPU, one run at a time uses all cores.
    """
    count = torch.cuda.device_count()
    if count == 0:
        return [{}]
    return [{"CUDA_VISIBLE_DEVICES": str(number)} for number in range(count)] * per_device


def run_all(
    runs: Sequence[SweepRun],
    options: Sequence[str],
    per_device: int = 1,
    program: Sequence[str] = (sys.executable, "-P", "-m", "training.cli"),
) -> list[Any]:
    """Run what is not finished, in order, as many at a time as there are slots.

    Args:
        runs: The runs.
        options: Options of `glasses-train fit` that all runs share.
        per_device: Number of runs that share a GPU.
        program: Command line of `glasses-train`.

    Returns:
        The result of each run, in order.

    Raises:
        GlassesError: Runs failed; the others were finished first.
    """
    environments = slots(per_device)
    free: Queue[Environment] = Queue()
    for environment in environments:
        free.put(environment)

    def train(run: SweepRun) -> int:
        environment = free.get()
        try:
            device = environment.get("CUDA_VISIBLE_DEVICES")
            log(f"sweep: {run.name} on {'the CPU' if device is None else f'GPU {device}'}")
            command = [*program, "fit", *options, *run.options]
            return subprocess.run(command, env=os.environ | environment, check=False).returncode
        finally:
            free.put(environment)

    with ThreadPoolExecutor(len(environments)) as pool:
        codes = list(pool.map(train, runs))
    if failed := [run.name for run, code in zip(runs, codes, strict=True) if code]:
        raise GlassesError(
            f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}; run the same command "
            "again to continue"
        )
    return [json.loads((run.folder / RESULT).read_text()) for run in runs]


def summarize(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row per backbone and split: mean and standard deviation over the seeds.

    Args:
        results: Each has `backbone`, `split`, and those of `FIGURES` that exist.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for result in results:
        groups.setdefault((result["backbone"], result["split"]), []).append(result)
    rows = []
    for (backbone, split), group in groups.items():
        row: dict[str, Any] = {"backbone": backbone, "split": split, "seeds": len(group)}
        for figure in FIGURES:
            values = [float(one[figure]) for one in group if one.get(figure) is not None]
            if values:
                row[figure] = round(statistics.mean(values), 4)
                row[f"{figure}_sd"] = round(statistics.stdev(values), 4) if values[1:] else 0.0
        rows.append(row)
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the summary as a Markdown table."""
    lines = []
    for row in rows:
        cells = [
            f"{row[name]:.4f} ± {row[f'{name}_sd']:.4f}" if name in row else "–"
            for name in ("validation_f1", "test_f1")
        ]
        rate = f"{row['images_per_second']:.0f}" if "images_per_second" in row else "–"
        cells = [row["backbone"], row["split"], str(row["seeds"]), *cells, rate]
        lines.append("| " + " | ".join(cells) + " |")
    head = "| backbone | split | seeds | validation F1 | test F1 | images/s |"
    return markdown_table(head, lines)

"""The GPU report: correctness against the CPU, throughput and full training, from crop packs.

Everything is written to one folder as it comes: `correctness.json`, `throughput.csv`,
`results.jsonl` with a folder per run, and `summary.md`.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import multiprocessing
import os
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import torch

from training.classifier.crop_scores import test_f1
from training.classifier.device_check import STEPS, check_device
from training.classifier.fit import fit
from training.classifier.model.backbones import DEFAULT, trained_network
from training.classifier.model.initial import InitialWeights
from training.classifier.recipe import ClassifierRecipe
from training.classifier.throughput import Throughput, measure
from training.common import splits
from training.common.atomic_file import replacing, write_json, write_text
from training.common.card import join_parts, markdown_table
from training.common.checkpoint import load
from training.common.crop_packs import read_packs, read_samples
from training.common.crop_set import CropSet, select
from training.common.distributed import compute_device
from training.common.progress import log
from training.common.run_files import RESULT
from training.sweep import leave_out_splits, summarize, table

THROUGHPUT_SHARE = 0.4
"""Share of the time after which no throughput is measured, so that time remains for training."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure and train.

    Attributes:
        backbones: Backbones whose throughput is measured.
        batches: Batch sizes at which it is measured.
        compiled: Without or with `torch.compile`, or both.
        steps: Number of timed steps.
        batch: Batch size of the full training.
        epochs: Epochs of the full training.
        seeds: Seeds of the full training.
        folds: Whether to train without each dataset in turn, too.
        per_device: Number of runs that share a GPU.
        seconds: Start no measurement or run after this many seconds.
    """

    backbones: Sequence[str]
    batches: Sequence[int]
    compiled: Sequence[bool]
    steps: int
    batch: int
    epochs: int
    seeds: Sequence[int]
    folds: bool
    per_device: int
    seconds: float


def report(packs: Path, into: Path, init: Path | None, plan: Plan) -> str:
    """Check, measure and train; return the summary, as Markdown.

    Args:
        packs: Folder of crop packs.
        into: Folder of the results.
        init: Weights of MobileNetV2 to start from; None: random weights.
        plan: What to measure and train.
    """
    start = time.monotonic()
    into.mkdir(parents=True, exist_ok=True)
    crops = read_packs(packs)
    with compute_device() as here:
        device = here.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    log(f"gpu-report: {len(crops.rows)} crops on {name}")
    checked = check_device(crops, init, device)
    log(f"gpu-report: {_checked_text(checked)}")
    write_json(into / "correctness.json", {"device": name, **checked})
    measured = start + THROUGHPUT_SHARE * plan.seconds
    rates = _throughput(crops, plan, device, into / "throughput.csv", measured)
    results = train(packs, crops, into, init, plan, start + plan.seconds)
    text = join_parts([f"# {name}", _checked_text(checked), rates, table(summarize(results))])
    write_text(into / "summary.md", text)
    return text


def train(
    packs: Path, crops: CropSet, into: Path, init: Path | None, plan: Plan, deadline: float
) -> list[dict[str, Any]]:
    """Train every seed and fold; write each result to `results.jsonl` and return all.

    Args:
        packs: Folder of crop packs.
        crops: Their crops.
        into: Folder of the results; each run has a subfolder.
        init: Weights of MobileNetV2 to start from; None: random weights.
        plan: What to train.
        deadline: Monotonic time after which no run starts.
    """
    names = [splits.PEOPLE, *(leave_out_splits(read_samples(packs)) if plan.folds else [])]
    jobs = [(seed, name) for name in names for seed in plan.seeds]
    tasks = [
        (packs, into / f"{name.replace('=', '-')}-seed{seed}", init, plan, name, seed)
        for seed, name in jobs
    ]
    results = [result for task in tasks if (result := _finished(task)) is not None]
    for result in _run_all([t for t in tasks if _finished(t) is None], crops, plan, deadline):
        results.append(result)
        lines = "".join(json.dumps(one) + "\n" for one in results)
        write_text(into / "results.jsonl", lines)
    if len(results) < len(tasks):
        log(f"gpu-report: {len(tasks) - len(results)} runs remain: run the same command again")
    return results


Task = tuple[Path, Path, Path | None, Plan, str, int]
"""Packs, folder, init, plan, split, seed."""


def _finished(task: Task) -> dict[str, Any] | None:
    path, plan = task[1] / RESULT, task[3]
    if not path.is_file():
        return None
    result: dict[str, Any] = json.loads(path.read_text())
    return result if (result["epochs"], result["batch"]) == (plan.epochs, plan.batch) else None


def _run_all(
    tasks: Sequence[Task], crops: CropSet, plan: Plan, deadline: float
) -> Iterator[dict[str, Any]]:
    count = torch.cuda.device_count() * plan.per_device
    if count <= 1:
        for task in tasks:
            if time.monotonic() < deadline:
                yield _train_one(task, crops)
        return
    context = multiprocessing.get_context("spawn")
    gpus = context.SimpleQueue()
    for number in range(count):
        gpus.put(number % torch.cuda.device_count())
    with ProcessPoolExecutor(count, context, _take_gpu, (gpus,)) as pool:
        results = pool.map(_train_in_time, tasks, [deadline] * len(tasks))
        yield from (result for result in results if result is not None)


def _take_gpu(gpus: SimpleQueue[int]) -> None:
    os.environ["LOCAL_RANK"] = str(gpus.get())  # which `compute_device` reads


def _train_in_time(task: Task, deadline: float) -> dict[str, Any] | None:
    # The monotonic clock is the same for all processes of a machine.
    return _train_one(task, read_packs(task[0])) if time.monotonic() < deadline else None


def _train_one(task: Task, crops: CropSet) -> dict[str, Any]:
    packs, folder, init, plan, name, seed = task
    recipe = dataclasses.replace(ClassifierRecipe(seed=seed), epochs=plan.epochs)
    part_of = splits.split(read_samples(packs), name)
    parts = {part: select(crops, part_of, part) for part in splits.PARTS}
    start = time.monotonic()
    checkpoint = fit(
        parts[splits.TRAIN],
        parts[splits.VALIDATION],
        InitialWeights(None, "random weights")
        if init is None
        else InitialWeights(init, f"ImageNet weights ({init.name})"),
        recipe.scaled(min(plan.batch, len(parts[splits.TRAIN].rows))),
        folder,
    )
    history = load(checkpoint)["history"]
    with compute_device() as here:
        model = trained_network(checkpoint).to(here.device)
    seconds = statistics.median(epoch["seconds"] for epoch in history)
    result = {
        "backbone": DEFAULT,
        "split": name,
        "seed": seed,
        "epochs": plan.epochs,
        "batch": plan.batch,
        "validation_f1": history[-1]["validation_f1"],
        "test_f1": test_f1(model, parts[splits.VALIDATION], parts[splits.TEST]),
        "images_per_second": round(len(parts[splits.TRAIN].rows) / seconds, 1),
        "seconds": round(time.monotonic() - start, 1),
    }
    write_json(folder / RESULT, result)
    return result


def _throughput(crops: CropSet, plan: Plan, device: torch.device, path: Path, until: float) -> str:
    """Measure the combinations that are missing in a CSV; return all of it as a table."""
    head = [field.name for field in dataclasses.fields(Throughput)] + ["peak_utilization"]
    rows: list[dict[str, Any]] = []
    if path.is_file():
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    done = {(row["backbone"], row["batch"], row["compiled"]) for row in rows}
    for compiled, name, batch in product(plan.compiled, plan.backbones, plan.batches):
        if (name, str(batch), str(compiled)) in done or time.monotonic() > until:
            continue
        with _utilization(device) as shares:
            measured = list(measure(crops, [name], [batch], [compiled], device, plan.steps))
        peak = round(max(shares), 2) if shares else ""
        for one in measured:
            rows.append({**dataclasses.asdict(one), "peak_utilization": peak})
            log(f"gpu-report: {rows[-1]}")
        with replacing(path) as unfinished, unfinished.open("w", newline="") as file:
            writer = csv.DictWriter(file, head, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    lines = ["| " + " | ".join(str(row[name]) for name in head) + " |" for row in rows]
    return markdown_table("| " + " | ".join(head) + " |", lines)


@contextmanager
def _utilization(device: torch.device) -> Iterator[list[float]]:
    """Collect the shares of time (0..1) in which the GPU was busy, once per second."""
    shares: list[float] = []
    if device.type != "cuda":
        yield shares
        return
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    try:
        process = subprocess.Popen(
            [*command, "--loop=1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    except OSError:
        log("gpu-report: no nvidia-smi: utilization is not measured")
        yield shares
        return
    try:
        yield shares
    finally:
        process.terminate()
        output, _ = process.communicate()
        shares += [int(line) / 100 for line in output.split() if line.isdecimal()]


def _checked_text(checked: dict[str, Any]) -> str:
    outcome = "agrees with the CPU" if checked["passed"] else "**differs from the CPU**"
    return (
        f"Training {outcome}: over {STEPS} steps on the same batches the losses differ by "
        f"at most {checked['loss_difference']}, the logits before training by "
        f"{checked['logit_difference']}, mean and deviation of augmented batches by "
        f"{checked['statistics_difference']}."
    )

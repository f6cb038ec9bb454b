"""Commands for GPUs: `sweep`, `pack`, `throughput` and `gpu-report`; see docs/howto/gpu.md."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from training.classifier.recipe import MOBILENET_V2, OURS
from training.options import (
    COMPARED_BACKBONES,
    PEOPLE,
    RUNS,
    Corrections,
    Data,
    Epochs,
    Init,
    InitFile,
    Preset,
    Restart,
    Runs,
    keep_memory,
    workspace,
)

Backbones = Annotated[str, typer.Option(help="Backbones, separated by commas.")]
Batches = Annotated[str, typer.Option(help="Batch sizes, separated by commas.")]
Seeds = Annotated[str, typer.Option(help="Seeds, separated by commas.")]
PerDevice = Annotated[int, typer.Option(min=1, help="Number of runs that share a GPU.")]
Steps = Annotated[int, typer.Option(min=1, help="Number of timed steps.")]
Compiled = Annotated[bool, typer.Option(help="Measure torch.compile, too.")]


def sweep(
    data: Data,
    init: Init = None,
    runs: Runs = RUNS,
    epochs: Epochs = None,
    preset: Preset = OURS,
    corrections: Corrections = None,
    seeds: Seeds = "1",
    backbones: Backbones = MOBILENET_V2,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Train without each dataset in turn, too.")
    ] = False,
    per_device: PerDevice = 1,
    restart: Restart = False,
) -> None:
    """Train many runs as a queue over all GPUs, and compare their F1.

    If it is interrupted, the same command continues: finished runs and epochs are not repeated.
    """
    keep_memory()
    from training import sweep as queue
    from training.common.atomic_file import write_json
    from training.common.workspace import Workspace

    chosen = [PEOPLE]
    if leave_one_out:
        chosen += queue.leave_out_splits(Workspace(data, runs).samples)
    numbers = [int(seed) for seed in seeds.split(",")]
    names = backbones.split(",")
    folders = {
        (split, backbone, seed): workspace(
            data, runs, split, backbone, preset, corrections, seed
        ).fit
        for split in chosen
        for backbone in names
        for seed in numbers
    }
    planned = queue.combinations(folders, chosen, names, numbers)
    options = ["--data", str(data), "--runs", str(runs), "--recipe", preset]
    options += [] if init is None else ["--init", init]
    options += ["--restart"] if restart else []
    options += [] if epochs is None else ["--epochs", str(epochs)]
    options += [] if corrections is None else ["--corrections", str(corrections)]
    rows = queue.summarize(queue.run_all(planned, options, per_device))
    write_json(runs / "sweep.json", {"rows": rows})
    typer.echo(queue.table(rows))


def pack(
    data: Data,
    into: Annotated[Path, typer.Option(help="Folder for the packs.")],
    runs: Runs = RUNS,
    corrections: Corrections = None,
) -> None:
    """Pack stored crops as JPEG, to copy them to another machine."""
    from training.common.crop_packs import write_packs

    work = workspace(data, runs, PEOPLE, MOBILENET_V2, OURS, corrections)
    (crops,) = work.stored_crops(None)
    for path in write_packs(crops, work.original_samples, into):
        typer.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def throughput(
    batches: Batches = "64",
    backbones: Backbones = MOBILENET_V2,
    compiled: Compiled = False,
    steps: Steps = 30,
    crops: Annotated[int, typer.Option(min=1, help="Number of random crops to train on.")] = 4096,
) -> None:
    """Measure images per second of training on this device, augmentation included."""
    keep_memory()
    from training.classifier.throughput import measure, random_crops
    from training.common.distributed import compute_device

    with compute_device() as here:
        typer.echo("backbone,batch,compiled,images_per_second,compile_seconds,peak_mb")
        sizes = [int(size) for size in batches.split(",")]
        modes = [False, True] if compiled else [False]
        names = backbones.split(",")
        for row in measure(random_crops(crops), names, sizes, modes, here.device, steps):
            typer.echo(",".join(str(value) for value in dataclasses.astuple(row)))


def gpu_report(
    packs: Annotated[Path, typer.Option(help="Folder of crop packs, see `pack`.")],
    into: Annotated[Path, typer.Option(help="Folder for results and checkpoints.")],
    init: InitFile = None,
    backbones: Backbones = COMPARED_BACKBONES,
    batches: Batches = "256,1024,4096",
    compiled: Compiled = True,
    steps: Steps = 30,
    batch: Annotated[int, typer.Option(min=1, help="Batch size of the full training.")] = 1024,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of the full training.")] = 25,
    seeds: Seeds = "1,2,3",
    folds: Annotated[bool, typer.Option(help="Train without each dataset in turn, too.")] = True,
    per_device: PerDevice = 1,
    seconds: Annotated[
        float, typer.Option(help="Start no measurement or run after this many seconds.")
    ] = 720.0,
) -> None:
    """Check, measure and train on this device, from crop packs alone.

    Results are written as they come; the same command continues an interrupted training.
    """
    keep_memory()
    from training.gpu_report import Plan, report

    plan = Plan(
        backbones=backbones.split(","),
        batches=[int(size) for size in batches.split(",")],
        compiled=[False, True] if compiled else [False],
        steps=steps,
        batch=batch,
        epochs=epochs,
        seeds=[int(seed) for seed in seeds.split(",")],
        folds=folds,
        per_device=per_device,
        seconds=seconds,
    )
    typer.echo(report(packs, into, init, plan), nl=False)

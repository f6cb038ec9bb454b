"""`glasses-train`: from labelled photos to a released model, one command per stage."""

from __future__ import annotations

import os
import sys

import typer

from glasses.errors import GlassesError, UsageError
from training.classifier.recipe import MOBILENET_V2, OURS, recipe
from training.detector_cli import app as detector
from training.kinds_cli import kinds
from training.options import (
    FIRST_SEED,
    MODELS,
    NAME,
    PEOPLE,
    RUNS,
    Backbone,
    Compare,
    Corrections,
    Data,
    Epochs,
    Force,
    Init,
    LeftOut,
    Models,
    Name,
    Preset,
    Processes,
    Restart,
    Runs,
    ScoringModel,
    Seed,
    Split,
    Threshold,
    keep_memory,
    workspace,
)
from training.sweep_cli import gpu_report, pack, sweep, throughput

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(detector, name="detector")
for _command in (kinds, sweep, pack, throughput, gpu_report):
    app.command()(_command)

_PACKAGES = {"training", "worker", "glasses"}


@app.callback()
def _about() -> None:
    """Train and release a model from labelled photos. Interrupted stages continue."""


@app.command()
def datasets(data: Data) -> None:
    """List the datasets, their numbers of photos, and what is missing; check the labels."""
    from training.common.dataset_table import table, text
    from training.common.datasets import discover
    from training.common.datasets.label_check import check_labels

    typer.echo(text(table(data)))
    try:
        check_labels([sample for dataset in discover(data) for sample in dataset.samples])
    except UsageError as error:
        typer.echo(f"not enough to train: {error}")


@app.command()
def crops(data: Data, runs: Runs = RUNS, processes: Processes = 2) -> None:
    """Find and crop the faces, with the worker's detector."""
    from training.common.crops import make_crops
    from training.common.workspace import Workspace

    work = Workspace(data, runs)
    work.check_labels()
    make_crops(work.datasets, work.crops, processes)


@app.command()
def fit(
    data: Data,
    init: Init = None,
    runs: Runs = RUNS,
    epochs: Epochs = None,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    seed: Seed = FIRST_SEED,
    restart: Restart = False,
) -> None:
    """Train the network; continues after the last finished epoch.

    With more --epochs than before, the learning rate goes on along the longer schedule. A run with
    other photos, labels, weights or hyperparameters is replaced only with --restart.

    On several GPUs: `torchrun --nproc-per-node N --no-python glasses-train fit …`.
    """
    keep_memory()
    from training.classifier.stages import fit

    work = workspace(data, runs, split, backbone, preset, corrections, seed)
    work.check_labels()
    fit.run(work, init, recipe(preset, backbone, epochs, seed), restart)


@app.command()
def audit(
    data: Data,
    runs: Runs = RUNS,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    model: ScoringModel = None,
) -> None:
    """Find labels that are probably wrong, and write contact sheets for a person to check.

    Every finished run scores the photos that it was not trained on: run `leave-one-out`, or `fit`
    with --split rotate=0, 2, 4, 6 and 8, to score all photos.
    """
    from training.classifier.stages import audit

    audit.run(workspace(data, runs, PEOPLE, backbone, preset, corrections), model)


@app.command()
def quantize(
    data: Data,
    runs: Runs = RUNS,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    seed: Seed = FIRST_SEED,
    compare: Compare = False,
) -> None:
    """Export the network to ONNX and quantize it to 8 bits."""
    from training.classifier.stages import quantize
    from training.compare.torch_int8 import variants

    work = workspace(data, runs, split, backbone, preset, corrections, seed)
    quantize.run(work, variants if compare else None)


@app.command()
def evaluate(
    data: Data,
    runs: Runs = RUNS,
    processes: Processes = 2,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    seed: Seed = FIRST_SEED,
    threshold: Threshold = None,
) -> None:
    """Calibrate, choose the threshold, and evaluate the whole pipeline on unseen photos."""
    from training.classifier.stages import evaluate

    work = workspace(data, runs, split, backbone, preset, corrections, seed)
    evaluate.run(work, processes, threshold)


@app.command()
def backbones(
    data: Data,
    runs: Runs = RUNS,
    processes: Processes = 2,
    epochs: Epochs = None,
    preset: Preset = OURS,
    corrections: Corrections = None,
    restart: Restart = False,
) -> None:
    """Train MobileNetV2, MobileNetV3 and ResNet18 from random weights, and compare them."""
    keep_memory()
    from training.common.crops import make_crops
    from training.compare import backbones

    work = workspace(data, runs, PEOPLE, MOBILENET_V2, preset, corrections)
    work.check_labels()
    make_crops(work.datasets, work.crops, processes)
    report = backbones.run(work, recipe(preset, epochs=epochs), restart=restart)
    if report:
        typer.echo(backbones.table(report))


@app.command(name="leave-one-out")
def leave_one_out(
    data: Data,
    init: Init = None,
    runs: Runs = RUNS,
    processes: Processes = 2,
    epochs: Epochs = None,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    restart: Restart = False,
    only: LeftOut = None,
    threshold: Threshold = None,
) -> None:
    """Train without each dataset in turn, and evaluate on it: accuracy on new kinds of photos."""
    keep_memory()
    from training.classifier.card_sections import left_out_table
    from training.classifier.stages import leave_one_out
    from training.common.crops import make_crops

    work = workspace(data, runs, PEOPLE, backbone, preset, corrections)
    work.check_labels()
    make_crops(work.datasets, work.crops, processes)
    chosen = recipe(preset, backbone, epochs)
    report = leave_one_out.run(work, init, chosen, restart, only or (), threshold)
    if report:
        typer.echo(left_out_table(report))


@app.command()
def release(
    data: Data,
    runs: Runs = RUNS,
    name: Name = NAME,
    models: Models = MODELS,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    seed: Seed = FIRST_SEED,
    force: Force = False,
) -> None:
    """Write model, manifest, curves and card to models/NAME.

    Classify with it: `glasses classify PHOTOS --model models/NAME`.
    """
    from training.classifier import release

    release.run(workspace(data, runs, split, backbone, preset, None, seed), name, models, force)


@app.command(name="all")
def everything(
    data: Data,
    init: Init = None,
    runs: Runs = RUNS,
    processes: Processes = 2,
    epochs: Epochs = None,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    name: Name = NAME,
    models: Models = MODELS,
    force: Force = False,
    restart: Restart = False,
    compare: Compare = False,
    threshold: Threshold = None,
) -> None:
    """Run all stages, and release the model to models/NAME; finished stages are skipped."""
    from training.common.release import check_target

    check_target(models, name, force)
    keep_memory()
    from training.classifier import release
    from training.classifier.model.initial import initial_weights
    from training.classifier.stages import evaluate, fit, kinds, quantize
    from training.common.crops import make_crops
    from training.compare.torch_int8 import variants

    work = workspace(data, runs, PEOPLE, backbone, preset, corrections)
    work.check_labels()
    initial_weights(init, backbone, work.datasets)
    make_crops(work.datasets, work.crops, processes)
    fit.run(work, init, recipe(preset, backbone, epochs), restart)
    quantize.run(work, variants if compare else None)
    evaluate.run(work, processes, threshold)
    kinds.run_if_labelled(work)
    release.run(work, name, models, force)


def main() -> None:
    """Run the command; errors that the user can act on are one line."""
    # Interpreters that process pools start must not import from the working directory.
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        app()
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in _PACKAGES:
            raise
        sys.stderr.write(
            f"glasses-train: training needs {error.name}: "
            "pip install 'people-with-glasses[training]'\n"
        )
        sys.exit(2)
    except GlassesError as error:
        sys.stderr.write(f"glasses-train: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()

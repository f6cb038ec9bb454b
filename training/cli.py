"""`glasses-train`: photos with labels in, a released model out, one command a stage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasses.errors import GlassesError
from training.proposals.cli import app as proposals
from training.recipe import OURS, recipe
from worker.model_store import MODELS

if TYPE_CHECKING:
    from training.workspace import Workspace

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(proposals, name="proposals")

Data = Annotated[Path, typer.Option(help="Folder with one subfolder a dataset.")]
Runs = Annotated[Path, typer.Option(help="Where crops, checkpoints and reports go.")]
Init = Annotated[
    Path, typer.Option(help="Weights to start from: .npz, torchvision's .pth, or a run.pt.")
]
AnyInit = Annotated[
    Path | None, typer.Option("--init", help="Weights to start from; random ones if not given.")
]
Processes = Annotated[int, typer.Option(min=1, help="Processes that find faces.")]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Passes over the training crops; else the recipe's.")
]
Split = Annotated[
    str, typer.Option(help="people, original, official, rotate=K, or leave-out=NAME.")
]
Backbone = Annotated[
    str, typer.Option(help="mobilenet_v2, mobilenet_v3_large, mobilenet_v3_small or resnet18.")
]
Preset = Annotated[str, typer.Option("--recipe", help="ours, or original: as in 2020.")]
Corrections = Annotated[
    Path | None, typer.Option(help="Labels that a person put right: suspects.csv, filled in.")
]
Asked = Annotated[
    str | None, typer.Option("--model", help="A released model to ask instead, about all photos.")
]
Name = Annotated[str, typer.Option(help="Name of the release.")]
Models = Annotated[Path, typer.Option(help="Folder of released models.")]

RUNS = Path("runs/training")
NAME = "mobilenet_v2-5"
PEOPLE = "people"
_OURS = {"training", "worker", "glasses"}
MOBILENET_V2 = "mobilenet_v2"


def _keep_memory() -> None:
    from training.allocator import keep_memory

    keep_memory()


def _work(
    data: Path, runs: Path, split: str, backbone: str, preset: str, corrections: Path | None
) -> Workspace:
    from training.workspace import Workspace

    unusual = [(backbone, MOBILENET_V2), (preset, OURS)]
    variant = "+".join(value for value, usual in unusual if value != usual)
    return Workspace(data, runs, split, variant, corrections)


@app.callback()
def _about() -> None:
    """Photos with labels in, a released model out. Every stage goes on where it was left."""


@app.command()
def datasets(data: Data) -> None:
    """Say which datasets are there, how many photos they have, and what lacks."""
    from training.stages.datasets import table, text

    typer.echo(text(table(data)))


@app.command()
def crops(data: Data, runs: Runs = RUNS, processes: Processes = 2) -> None:
    """Find and cut the faces, with the worker's own detector."""
    from training.stages import crops
    from training.workspace import Workspace

    crops.run(Workspace(data, runs), processes)


@app.command()
def fit(
    data: Data,
    init: AnyInit = None,
    runs: Runs = RUNS,
    epochs: Epochs = None,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
) -> None:
    """Train the network; goes on after the last finished epoch.

    On several GPUs: `torchrun --nproc-per-node N --no-python glasses-train fit …`.
    """
    _keep_memory()
    from training.stages import fit

    work = _work(data, runs, split, backbone, preset, corrections)
    fit.run(work, init, recipe(preset, backbone, epochs))


@app.command()
def audit(
    data: Data,
    runs: Runs = RUNS,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    model: Asked = None,
) -> None:
    """Find labels that are probably wrong, with contact sheets for a person to judge.

    Every finished run is asked about the photos that it was not trained on: run `leave-one-out`,
    or `fit` with --split rotate=0, 2, 4, 6 and 8, to have all photos judged.
    """
    from training.stages import audit

    audit.run(_work(data, runs, PEOPLE, backbone, preset, corrections), model)


@app.command()
def quantize(
    data: Data,
    runs: Runs = RUNS,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
) -> None:
    """Export the network to ONNX and quantize it to 8 bits."""
    from training.stages import quantize

    quantize.run(_work(data, runs, split, backbone, preset, corrections))


@app.command()
def evaluate(
    data: Data,
    runs: Runs = RUNS,
    processes: Processes = 2,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
) -> None:
    """Calibrate, choose the threshold, and judge the whole pipeline on unseen people."""
    from training.stages import evaluate

    evaluate.run(_work(data, runs, split, backbone, preset, corrections), processes)


@app.command()
def backbones(
    data: Data,
    runs: Runs = RUNS,
    processes: Processes = 2,
    epochs: Epochs = None,
    preset: Preset = OURS,
    corrections: Corrections = None,
) -> None:
    """Train MobileNetV2, MobileNetV3 and ResNet18 alike from random weights, and compare them."""
    _keep_memory()
    from training.stages import backbones, crops

    work = _work(data, runs, PEOPLE, MOBILENET_V2, preset, corrections)
    crops.run(work, processes)
    report = backbones.run(work, recipe(preset, epochs=epochs), processes)
    if report:
        typer.echo(backbones.table(report))


@app.command(name="leave-one-out")
def leave_one_out(
    data: Data,
    init: Init,
    runs: Runs = RUNS,
    processes: Processes = 2,
    epochs: Epochs = None,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
) -> None:
    """Train without each dataset in turn and judge on it: how new kinds of photos will fare."""
    _keep_memory()
    from training.card_new_kinds import table
    from training.stages import crops, leave_one_out

    work = _work(data, runs, PEOPLE, backbone, preset, corrections)
    crops.run(work, processes)
    report = leave_one_out.run(work, init, recipe(preset, backbone, epochs), processes)
    if report:
        typer.echo(table(report))


@app.command()
def release(
    data: Data,
    runs: Runs = RUNS,
    name: Name = NAME,
    models: Models = MODELS,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
) -> None:
    """Put model, manifest, curves and card where the worker finds them."""
    from training.stages import release

    release.run(_work(data, runs, split, backbone, preset, None), name, models)


@app.command(name="all")
def everything(
    data: Data,
    init: Init,
    runs: Runs = RUNS,
    processes: Processes = 2,
    epochs: Epochs = None,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    name: Name = NAME,
    models: Models = MODELS,
) -> None:
    """All stages; what is up to date is not done again."""
    _keep_memory()
    from training.stages import crops, evaluate, fit, quantize, release

    work = _work(data, runs, PEOPLE, backbone, preset, corrections)
    crops.run(work, processes)
    fit.run(work, init, recipe(preset, backbone, epochs))
    quantize.run(work)
    evaluate.run(work, processes)
    release.run(work, name, models)


def main() -> None:
    """The command; an error that the user can act on is one line."""
    try:
        app()
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in _OURS:
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

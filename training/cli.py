"""`glasses-train`: photos with labels in, a released model out, one command a stage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from glasses.errors import GlassesError
from training.recipe import Recipe
from training.workspace import Workspace
from worker.model_store import MODELS

app = typer.Typer(no_args_is_help=True, add_completion=False)

Data = Annotated[Path, typer.Option(help="Folder with one subfolder a dataset.")]
Runs = Annotated[Path, typer.Option(help="Where crops, checkpoints and reports go.")]
Init = Annotated[Path, typer.Option(help="ImageNet weights (.npz) to start from.")]
Processes = Annotated[int, typer.Option(min=1, help="Processes that find faces.")]
Epochs = Annotated[int, typer.Option(min=1, help="Passes over the training crops.")]
Name = Annotated[str, typer.Option(help="Name of the release.")]
Models = Annotated[Path, typer.Option(help="Folder of released models.")]

RUNS = Path("runs/training")
EPOCHS = Recipe().epochs
NAME = "mobilenet_v2-1"


def _keep_memory() -> None:
    from training.allocator import keep_memory

    keep_memory()


@app.callback()
def _about() -> None:
    """Photos with labels in, a released model out. Every stage goes on where it was left."""


@app.command()
def crops(data: Data, runs: Runs = RUNS, processes: Processes = 2) -> None:
    """Find and cut the faces, with the worker's own detector."""
    from training.stages import crops

    crops.run(Workspace(data, runs), processes)


@app.command()
def fit(data: Data, init: Init, runs: Runs = RUNS, epochs: Epochs = EPOCHS) -> None:
    """Train the network; goes on after the last finished epoch."""
    _keep_memory()
    from training.stages import fit

    fit.run(Workspace(data, runs), init, Recipe(epochs=epochs))


@app.command()
def quantize(data: Data, runs: Runs = RUNS) -> None:
    """Export the network to ONNX and quantize it to 8 bits."""
    from training.stages import quantize

    quantize.run(Workspace(data, runs))


@app.command()
def evaluate(data: Data, runs: Runs = RUNS, processes: Processes = 2) -> None:
    """Calibrate, choose the threshold, and judge the whole pipeline on unseen people."""
    from training.stages import evaluate

    evaluate.run(Workspace(data, runs), processes)


@app.command()
def release(data: Data, runs: Runs = RUNS, name: Name = NAME, models: Models = MODELS) -> None:
    """Put model, manifest and card where the worker finds them."""
    from training.stages import release

    release.run(Workspace(data, runs), name, models)


@app.command(name="all")
def everything(
    data: Data,
    init: Init,
    runs: Runs = RUNS,
    processes: Processes = 2,
    epochs: Epochs = EPOCHS,
    name: Name = NAME,
    models: Models = MODELS,
) -> None:
    """All stages; what is up to date is not done again."""
    _keep_memory()
    from training.stages import crops, evaluate, fit, quantize, release

    work = Workspace(data, runs)
    crops.run(work, processes)
    fit.run(work, init, Recipe(epochs=epochs))
    quantize.run(work)
    evaluate.run(work, processes)
    release.run(work, name, models)


def main() -> None:
    """The command; an error that the user can act on is one line."""
    try:
        app()
    except GlassesError as error:
        sys.stderr.write(f"glasses-train: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()

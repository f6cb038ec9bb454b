"""`glasses-train proposals`: photos in, a network that proposes faces out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worker.model_store import MODELS

app = typer.Typer(
    no_args_is_help=True, help="Train the network that proposes where faces are; a command a stage."
)

Data = Annotated[Path, typer.Option(help="Folder with one subfolder a dataset.")]
Runs = Annotated[Path, typer.Option(help="Where boxes, checkpoints and reports go.")]
FaceFree = Annotated[Path | None, typer.Option(help="Folder of photos without any face.")]
Processes = Annotated[int, typer.Option(min=1, help="Processes that the teacher works in.")]
Name = Annotated[str, typer.Option(help="Name of the release.")]
Models = Annotated[Path, typer.Option(help="Folder of released models.")]

RUNS = Path("runs/training")
NAME = "proposal-3"
STAGES = ("teach", "fit", "export", "evaluate", "release")


@app.command()
def teach(
    data: Data, face_free: FaceFree = None, runs: Runs = RUNS, processes: Processes = 2
) -> None:
    """Find the faces of all photos with dlib at many sizes, turned and brightened."""
    _run(("teach",), data, face_free, runs, processes)


@app.command()
def fit(data: Data, face_free: FaceFree = None, runs: Runs = RUNS) -> None:
    """Train the network on scenes; goes on after the last finished block."""
    _run(("fit",), data, face_free, runs)


@app.command()
def export(data: Data, face_free: FaceFree = None, runs: Runs = RUNS) -> None:
    """Export the network to ONNX and quantize it to 8 bits."""
    _run(("export",), data, face_free, runs)


@app.command()
def evaluate(data: Data, face_free: FaceFree = None, runs: Runs = RUNS) -> None:
    """Choose thresholds, and compare with dlib alone on unseen people."""
    _run(("evaluate",), data, face_free, runs)


@app.command()
def release(
    data: Data,
    face_free: FaceFree = None,
    runs: Runs = RUNS,
    name: Name = NAME,
    models: Models = MODELS,
) -> None:
    """Put network, manifest and card where the worker finds them."""
    _run(("release",), data, face_free, runs, name=name, models=models)


@app.command(name="all")
def everything(
    data: Data,
    face_free: FaceFree = None,
    runs: Runs = RUNS,
    processes: Processes = 2,
    name: Name = NAME,
    models: Models = MODELS,
) -> None:
    """All stages; what is up to date is not done again."""
    _run(STAGES, data, face_free, runs, processes, name, models)


def _run(
    wanted: tuple[str, ...],
    data: Path,
    face_free: Path | None,
    runs: Path,
    processes: int = 2,
    name: str = NAME,
    models: Path = MODELS,
) -> None:
    from training.allocator import keep_memory

    if "fit" in wanted:
        keep_memory()
    from training.proposals import stages
    from training.proposals.recipe import Recipe
    from training.proposals.space import Space
    from training.workspace import Workspace

    space = Space(Workspace(data, runs), face_free)
    run = {
        "teach": lambda: stages.teach(space, processes),
        "fit": lambda: stages.fit(space, Recipe()),
        "export": lambda: stages.export(space),
        "evaluate": lambda: stages.judge(space),
        "release": lambda: stages.release(space, name, models),
    }
    for stage in wanted:
        run[stage]()

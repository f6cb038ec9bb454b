"""`glasses-train detector`: train and release the network that proposes faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.options import (
    MODELS,
    RUNS,
    Data,
    Force,
    Models,
    Name,
    Processes,
    Restart,
    Runs,
    keep_memory,
)

app = typer.Typer(
    no_args_is_help=True, help="Train the network that proposes faces; one command per stage."
)

FaceFree = Annotated[Path | None, typer.Option(help="Folder of photos without any face.")]
Quick = Annotated[
    bool,
    typer.Option(
        "--quick", help="Label with the released detector, in a tenth of the time: it misses more."
    ),
]
Init = Annotated[
    str,
    typer.Option(
        help="Weights to start from: `released`, the folder of a released detector, or a library "
        "of libfacedetection."
    ),
]

NAME = "proposal-mine"
STAGES = ("teach", "fit", "export", "evaluate", "release")


@app.command()
def teach(
    data: Data,
    face_free: FaceFree = None,
    runs: Runs = RUNS,
    processes: Processes = 2,
    quick: Quick = False,
) -> None:
    """Pseudo-label all photos with dlib at many sizes, rotated and brightened."""
    _run(("teach",), data, face_free, runs, processes, quick=quick)


@app.command()
def fit(
    data: Data,
    face_free: FaceFree = None,
    runs: Runs = RUNS,
    init: Init = "released",
    restart: Restart = False,
) -> None:
    """Train the network's scores on scenes; continues after the last finished block."""
    _run(("fit",), data, face_free, runs, restart=restart, init=init)


@app.command()
def export(data: Data, face_free: FaceFree = None, runs: Runs = RUNS) -> None:
    """Fit the network's squares to dlib's, and export it to ONNX."""
    _run(("export",), data, face_free, runs)


@app.command()
def evaluate(data: Data, face_free: FaceFree = None, runs: Runs = RUNS) -> None:
    """Choose thresholds, and compare with dlib on unseen people."""
    _run(("evaluate",), data, face_free, runs)


@app.command()
def release(
    data: Data,
    face_free: FaceFree = None,
    runs: Runs = RUNS,
    name: Name = NAME,
    models: Models = MODELS,
    force: Force = False,
) -> None:
    """Write network, manifest and card to models/NAME."""
    _run(("release",), data, face_free, runs, name=name, models=models, force=force)


@app.command(name="all")
def everything(
    data: Data,
    face_free: FaceFree = None,
    runs: Runs = RUNS,
    processes: Processes = 2,
    name: Name = NAME,
    models: Models = MODELS,
    force: Force = False,
    restart: Restart = False,
) -> None:
    """Run all stages, and release the network to models/NAME; finished stages are skipped."""
    _run(STAGES, data, face_free, runs, processes, name, models, force, restart)


def _run(
    names: tuple[str, ...],
    data: Path,
    face_free: Path | None,
    runs: Path,
    processes: int = 2,
    name: str = NAME,
    models: Path = MODELS,
    force: bool = False,
    restart: bool = False,
    quick: bool = False,
    init: str = "released",
) -> None:
    from training.common.release import check_target

    if "release" in names:
        check_target(models, name, force)
    if "fit" in names:
        keep_memory()
    from training.common.workspace import Workspace
    from training.detector import stages
    from training.detector.workspace import DetectorWorkspace

    work = DetectorWorkspace(Workspace(data, runs), face_free)
    run = {
        "teach": lambda: stages.label_faces(work, processes, quick),
        "fit": lambda: stages.fit(work, restart, init),
        "export": lambda: stages.export(work),
        "evaluate": lambda: stages.evaluate_detectors(work),
        "release": lambda: stages.release(work, name, models, force),
    }
    for stage in names:
        run[stage]()

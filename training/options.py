"""Options that commands of `glasses-train` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.classifier.recipe import COMPARED, MOBILENET_V2, OURS

if TYPE_CHECKING:
    from training.common.workspace import Workspace

RUNS = Path("runs/training")
MODELS = Path("models")
NAME = "mine"
PEOPLE = "people"
FIRST_SEED = 1
COMPARED_BACKBONES = ",".join(COMPARED)

Data = Annotated[Path, typer.Option(help="Folder with one subfolder per dataset.")]
Runs = Annotated[Path, typer.Option(help="Folder of crops, checkpoints and reports.")]
Init = Annotated[
    str | None,
    typer.Option(
        help="Weights to start from: a release (name or folder), random, or a file (.npz, "
        "torchvision's .pth, run.pt). Default: the released model, if all photos are your own.",
        show_default=False,
    ),
]
InitFile = Annotated[
    Path | None, typer.Option("--init", help="Weights to start from; random ones if not given.")
]
Compare = Annotated[
    bool,
    typer.Option("--compare", help="Quantize in other ways, too, for the table of the card."),
]
LeftOut = Annotated[
    list[str] | None,
    typer.Option("--only", help="Leave out this dataset; not given: each in turn. Repeatable."),
]
Restart = Annotated[
    bool, typer.Option("--restart", help="Train anew, and replace the finished epochs.")
]
Processes = Annotated[int, typer.Option(min=1, help="Number of processes that find faces.")]
Epochs = Annotated[
    int | None,
    typer.Option(min=1, help="Passes over the training crops; the recipe's if not given."),
]
Split = Annotated[
    str, typer.Option(help="people, original, official, rotate=K, or leave-out=NAME.")
]
Backbone = Annotated[
    str, typer.Option(help="mobilenet_v2, mobilenet_v3_large, mobilenet_v3_small or resnet18.")
]
Preset = Annotated[
    str,
    typer.Option(
        "--recipe",
        help="ours; quick: 5 epochs, the first three on small pictures, to compare; or original: "
        "as in 2020.",
    ),
]
Corrections = Annotated[
    Path | None, typer.Option(help="Label corrections by a person: suspects.csv, filled in.")
]
ScoringModel = Annotated[
    str | None,
    typer.Option("--model", help="A released model that scores all photos, instead of the runs."),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Glasses at this probability and above. Default: what suits the validation photos. "
        "Photos of another kind than all datasets need a lower one: see leave-one-out.",
        show_default=False,
    ),
]
Name = Annotated[str, typer.Option(help="Name of the release: its folder in --models.")]
Models = Annotated[Path, typer.Option(help="Folder that the release is written to.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a release of the same name.")]
Seed = Annotated[int, typer.Option(help="Seed of the run; runs of each seed have a folder.")]


def keep_memory() -> None:
    """Restart with an allocator that keeps freed memory: see `training.common.allocator`."""
    from training.common import allocator

    allocator.keep_memory()


def workspace(
    data: Path,
    runs: Path,
    split: str,
    backbone: str,
    preset: str,
    corrections: Path | None,
    seed: int = FIRST_SEED,
) -> Workspace:
    """Return the workspace of a run, whose folder is named for what differs from the defaults."""
    from training.common.workspace import Workspace

    choices = [(backbone, MOBILENET_V2), (preset, OURS), (f"seed{seed}", f"seed{FIRST_SEED}")]
    variant = "+".join(value for value, default in choices if value != default)
    return Workspace(data, runs, split, variant, corrections)

"""Options and arguments shared by several commands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from producer.completion import complete_job


class Format(StrEnum):
    """Output format of rows."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class Only(StrEnum):
    """Filter of rows."""

    GLASSES = "glasses"
    EYEGLASSES = "eyeglasses"
    SUNGLASSES = "sunglasses"
    NO_GLASSES = "no-glasses"
    UNSURE = "unsure"
    NO_FACE = "no-face"
    FAILED = "failed"


class Faces(StrEnum):
    """Which faces decide; the same values as `glasses.protocol.verdict.FaceChoice`."""

    ANY = "any"
    LARGEST = "largest"


JobArgument = Annotated[
    str,
    typer.Argument(
        metavar="JOB",
        help="Job id, name or id prefix, tried in this order.",
        autocompletion=complete_job,
    ),
]
PhotosArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH…", help="Folders, files, globs, archives, or - for a list on stdin."
    ),
]
FromFileOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A list of files, one per line, or a table (--path-column); - is stdin.",
    ),
]
NullOption = Annotated[
    bool, typer.Option("--null", "-0", help="Names in that list end with NUL, not a newline.")
]
TablePathOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The list is a table (CSV with a header): its column with the paths."
    ),
]
TableIdOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The table's column with your ids of the photos, for the rows."
    ),
]
IncludeOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB", help="Include only matching files (in upper or lower case); repeatable."
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Exclude matching files (likewise); repeatable."),
]
StrictOption = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Do not ignore files that are not photos: they fail, each with a row.",
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Minimum probability of glasses; default: the model's."),
]
InPlaceOption = Annotated[
    bool,
    typer.Option(
        "--in-place",
        help="Do not upload; workers read the files directly, at the same paths. Keep the files "
        "until the job has finished.",
    ),
]
FacesOption = Annotated[Faces, typer.Option(help="Which faces of a photo decide.")]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="Default: by FILE's suffix; else table on a terminal, jsonl in a pipe.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the rows to a file (.parquet, .csv, .jsonl, .txt), atomically.",
    ),
]
SpreadsheetSafeOption = Annotated[
    bool,
    typer.Option(
        "--spreadsheet-safe",
        help="CSV only: put ' before names that spreadsheets would evaluate as formulas. This "
        "changes the names.",
    ),
]
OnlyOption = Annotated[
    list[Only] | None,
    typer.Option(
        help="Print only rows of this kind; repeatable. Those within --unsure are unsure, in "
        "addition to glasses or no-glasses."
    ),
]
UnsureOption = Annotated[
    str | None,
    typer.Option(
        metavar="LOW,HIGH",
        help="Range of unsure probabilities, without HIGH; extended to the threshold if that is "
        "outside.  [default: 0.1,0.9]",
    ),
]
CorrectionsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Apply the corrections.csv that a report exported, or other labels that `glasses "
        "correct` takes.",
    ),
]
FromOption = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="DIR",
        help="Current folder of the photos, if they were moved after submission.",
    ),
]
PathColumnOption = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Column with the photos' names.  [default: path, name, image, file or filename]",
    ),
]
LabelColumnOption = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Column with the labels.  [default: has_glasses, correction, label or glasses]",
    ),
]
PositiveOption = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE",
        help="Label, or name of the folder, that means glasses; any other means no glasses.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

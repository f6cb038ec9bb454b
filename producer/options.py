"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from producer.completion import complete_job


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class Only(StrEnum):
    """Which rows are printed."""

    GLASSES = "glasses"
    NO_GLASSES = "no-glasses"
    NO_FACE = "no-face"
    FAILED = "failed"


class Faces(StrEnum):
    """Which faces of a photo decide; the same words as `glasses.verdict.FaceChoice`."""

    ANY = "any"
    LARGEST = "largest"


JobArgument = Annotated[
    str,
    typer.Argument(
        metavar="JOB",
        help="Job id, its beginning, or its name.",
        autocompletion=complete_job,
    ),
]
PhotosArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…", help="Folders, files, globs, archives, or - for a list on stdin."
    ),
]
IncludeOption = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Take only what matches; repeatable.")
]
ExcludeOption = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Leave out what matches; repeatable.")
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Glasses at this probability and above; default: the model's."),
]
InPlaceOption = Annotated[
    bool,
    typer.Option(
        "--in-place",
        help="Leave files where they lie, until the job has ended: workers, which must see them "
        "there, read them there.",
    ),
]
FacesOption = Annotated[Faces, typer.Option(help="Which faces of a photo decide.")]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="Default: what FILE's name ends in; table on a terminal, jsonl in a pipe.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the rows to a file (.parquet, .csv, .jsonl, .txt), there when it is whole.",
    ),
]
OnlyOption = Annotated[
    list[Only] | None,
    typer.Option(help="Print only such rows; repeatable, for rows of any of these."),
]
UnsureOption = Annotated[
    str | None,
    typer.Option(
        metavar="LOW,HIGH",
        help="Probabilities from LOW to below HIGH are unsure.  [default: 0.1,0.9]",
    ),
]
FromOption = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="DIR",
        help="Where the photos are now, if not where they were submitted.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

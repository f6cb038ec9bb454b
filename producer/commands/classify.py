"""`glasses classify`: the same pipeline in this process, without any server."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    FormatOption,
    IncludeOption,
    OnlyOption,
    PhotosArgument,
    ThresholdOption,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glasses.outcome import Outcome
    from glasses.verdict import Rule, Verdict
    from glasses.walk import Source
    from worker.pipeline import Found, Pipeline

BATCH = 32
"""Photos whose faces are classified together."""


def command(
    paths: PhotosArgument,
    threshold: ThresholdOption = None,
    model: Annotated[
        str | None, typer.Option(help="A released model: its name or its folder.")
    ] = None,
    faces: FacesOption = Faces.ANY,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    format_: FormatOption = None,
    only: OnlyOption = None,
) -> None:
    """Classify photos here and now: no Redis, no object store, the same rows."""
    from glasses import walk
    from glasses.settings import load_settings
    from glasses.verdict import FaceChoice, Rule
    from producer.rows import RowWriter

    walk.check(paths)
    settings = load_settings(model=model)
    pipeline = _pipeline(settings.model)
    rule = Rule(
        model=pipeline.model,
        threshold=pipeline.threshold if threshold is None else threshold,
        faces=FaceChoice(faces),
    )
    sources = walk.walk(paths, include or (), exclude or ())
    writer = RowWriter(format_, only)
    for rows in _verdicts(sources, pipeline, rule, settings.max_file_mb << 20):
        writer.write(rows)
    raise typer.Exit(1 if writer.failed else 0)


def _verdicts(
    sources: Iterable[Source], pipeline: Pipeline, rule: Rule, max_bytes: int
) -> Iterator[list[Verdict]]:
    from glasses.examine import examine
    from glasses.outcome import Outcome
    from glasses.statuses import FailureReason
    from glasses.verdict import verdict

    remaining = iter(sources)
    while batch := list(islice(remaining, BATCH)):
        entries = [examine(source, max_bytes) for source in batch]
        found: list[Found | Outcome] = []
        for source, entry in zip(batch, entries, strict=True):
            if entry.reason:
                found.append(Outcome.failed(entry.reason))
                continue
            try:
                found.append(pipeline.find(source.path.read_bytes()))
            except OSError:
                found.append(Outcome.failed(FailureReason.CHANGED))
        yield [
            verdict(entry.image, entry.sha256, outcome, rule)
            for entry, outcome in zip(entries, pipeline.classify(found), strict=True)
        ]


def _pipeline(model: str) -> Pipeline:
    from glasses.errors import UsageError

    try:
        from worker.pipeline import Pipeline
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`glasses classify` runs the pipeline here and needs {error.name}: "
            "pip install 'people-with-glasses[worker]'"
        ) from None
    return Pipeline.load(model)

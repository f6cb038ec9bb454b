"""`glasses classify`: the same pipeline in this process, without any server."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    FormatOption,
    IncludeOption,
    OnlyOption,
    OutputOption,
    PhotosArgument,
    ThresholdOption,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glasses.judged import Judged
    from glasses.outcome import Outcome
    from glasses.verdict import Rule
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
    output: OutputOption = None,
    only: OnlyOption = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a report, too: see `glasses report`."),
    ] = None,
) -> None:
    """Classify photos here and now: no Redis, no object store, the same rows."""
    from glasses import walk
    from glasses.settings import load_settings
    from glasses.verdict import FaceChoice, Rule
    from producer.output import Output
    from producer.report.file import Wanted

    walk.check(paths)
    wanted = Output.of(output, format_)
    if report:
        Wanted(report).check()
    settings = load_settings(model=model)
    pipeline = _pipeline(settings.model)
    rule = Rule(
        model=pipeline.model,
        threshold=pipeline.threshold if threshold is None else threshold,
        faces=FaceChoice(faces),
    )
    sources = walk.walk(paths, include or (), exclude or ())
    with wanted.open(only) as writer:

        def written() -> Iterator[Judged]:
            for photos in _judged(sources, pipeline, rule, settings.max_file_mb << 20):
                writer.write(photo.verdict for photo in photos)
                yield from photos

        if report:
            _report(report, paths[0], rule, written())
        else:
            deque(written(), maxlen=0)
    raise typer.Exit(1 if writer.failed else 0)


def _report(path: Path, title: str, rule: Rule, photos: Iterator[Judged]) -> None:
    import secrets

    from glasses.groups import UNSURE
    from producer.narration import say
    from producer.report.file import Wanted, in_words, write_report
    from producer.report.page import About

    wanted = Wanted(path)
    about = About(
        identity=secrets.token_hex(8),
        job_id=None,
        title=title,
        text=f"Model {rule.model}, threshold {rule.threshold}, faces: {rule.faces}",
        pictures=wanted.pictures(),
        threshold=rule.threshold,
        faces=rule.faces,
        unsure=UNSURE,
    )
    written = write_report(wanted, about, photos, lambda _sha256: None, None)
    say(in_words(wanted, written))


def _judged(
    sources: Iterable[Source], pipeline: Pipeline, rule: Rule, max_bytes: int
) -> Iterator[list[Judged]]:
    from glasses.examine import examine
    from glasses.judged import Judged
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
            Judged(
                entry.model_copy(update={"path": str(source.path)}),
                verdict(entry.image, entry.sha256, outcome, rule),
            )
            for source, entry, outcome in zip(batch, entries, pipeline.classify(found), strict=True)
        ]


def _pipeline(model: str) -> Pipeline:
    from producer.needs import workers_packages

    with workers_packages("classify"):
        from worker.pipeline import Pipeline
    return Pipeline.load(model)

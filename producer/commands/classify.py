"""`glasses classify`: the same pipeline on this machine, without any server."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
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
    from glasses.judged import Judged
    from glasses.verdict import Rule


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
    processes: Annotated[
        int | None, typer.Option(min=1, help="As many work at a time.  [default: one a core]")
    ] = None,
) -> None:
    """Classify photos here and now: no Redis, no object store, the same rows.

    Photos in archives are read one after the other, by one process.
    """
    from glasses.in_process import InProcess
    from glasses.sources.arguments import Wanted as Sources
    from glasses.verdict import FaceChoice
    from producer.narration import say
    from producer.output import Output
    from producer.report.file import Wanted

    sources = Sources(paths, None, include or (), exclude or ())
    sources.check_local()
    wanted = Output.of(output, format_)
    if report:
        Wanted(report).check()
    pipeline = InProcess(model, threshold, FaceChoice(faces), processes or _cores())
    photos = sources.some(sources.local(pipeline.settings, say))
    with wanted.open(only) as writer:

        def written() -> Iterator[Judged]:
            for photo in pipeline.judged(photos):
                writer.write([photo.verdict])
                yield photo

        if report:
            _report(report, paths[0], pipeline.rule, written(), bar=output is not None)
        else:
            deque(written(), maxlen=0)
    raise typer.Exit(wanted.ended(writer))


def _report(path: Path, title: str, rule: Rule, photos: Iterator[Judged], bar: bool) -> None:
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
    written = write_report(wanted, about, photos, lambda _sha256: None, None, bar)
    say(in_words(wanted, written))


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

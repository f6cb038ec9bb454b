"""`glasses submit --dry-run`: what would happen, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from glasses.client import Client
    from glasses.preview import Preview
    from glasses.sources.arguments import Wanted
    from producer.machine import PreviewOutput


def show_preview(client: Client, wanted: Wanted, json_: bool) -> None:
    """Find, hash and ask; print what was found."""
    from producer.machine import as_json
    from producer.narration import progress_bars

    with progress_bars() as bars:
        task = bars.add_task("hashing", total=None, note="") if bars else None

        def progressed(found: Preview) -> None:
            if bars and task is not None:
                bars.update(task, completed=found.photos)

        found = client.preview(wanted, progressed)
        if bars and task is not None:
            bars.update(task, total=found.photos)
    typer.echo(as_json(_output(found)) if json_ else "\n".join(_lines(found)))


def _output(found: Preview) -> PreviewOutput:
    from producer.machine import PreviewOutput

    return PreviewOutput(
        photos=found.photos,
        bytes=found.size,
        to_upload=found.to_upload,
        bytes_to_upload=found.upload_size,
        already_uploaded=found.present,
        in_place=found.in_place,
        already_classified=found.known,
        repeated=found.repeated,
        refused=dict(found.refused),
        to_classify=found.to_classify,
        model=found.model,
        forecast=found.forecast,
    )


def _lines(found: Preview) -> list[str]:
    from datetime import datetime

    from producer.commands.status import eta

    lines = [
        f"photos     {found.photos}, {size(found.size)}",
        f"to upload  {found.to_upload}, {size(found.upload_size)}",
    ]
    for count, words in (
        (found.present, "already uploaded"),
        (found.in_place, "left where they lie"),
        (found.known, "already classified by this model"),
        (found.repeated, "with the same bytes as another one here"),
    ):
        if count:
            lines.append(f"           {count} {words}")
    if found.refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in found.refused.most_common())
        lines.append(f"refused    {found.refused.total()} unsent: {reasons}")
    if found.forecast:
        if found.to_classify:
            end = eta(found.forecast, datetime.now().astimezone())
        else:
            end = "nothing is left to classify"
        lines.append(f"eta        {end}")
    return [*lines, "This was a dry run: nothing was sent."]


def size(count: int) -> str:
    """Bytes in words."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} bytes"

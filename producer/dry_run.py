"""Print what `glasses submit` would do, for `--dry-run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from glasses.client import Client
    from glasses.jobs.dry_run import DryRun
    from glasses.sources.arguments import PhotoSelection
    from producer.json_output import DryRunOutput


def print_dry_run(client: Client, selection: PhotoSelection, json_: bool) -> None:
    """Select and hash photos, look them up on the servers, and print the result."""
    from producer.console import log_some, log_status, progress_bars
    from producer.json_output import as_json

    with progress_bars() as bars:
        task = bars.add_task("hashing", total=None, note="") if bars else None

        def progressed(dry_run: DryRun) -> None:
            if bars and task is not None:
                bars.update(task, completed=dry_run.photos)

        dry_run = client.preview(selection, progressed)
        if bars and task is not None:
            bars.update(task, total=dry_run.photos)
    if json_:
        typer.echo(as_json(_output(dry_run)))
        return
    log_some(f"ignored {path}" for path in dry_run.ignored_files)
    if not dry_run.photos:
        log_status(selection.no_photos)
    typer.echo("\n".join(_lines(dry_run)))


def _output(dry_run: DryRun) -> DryRunOutput:
    from producer.json_output import DryRunOutput

    return DryRunOutput(
        photos=dry_run.photos,
        bytes=dry_run.size,
        to_upload=dry_run.to_upload,
        bytes_to_upload=dry_run.upload_size,
        already_uploaded=dry_run.present,
        in_place=dry_run.in_place,
        already_classified=dry_run.known,
        repeated=dry_run.repeated,
        refused=dict(dry_run.refused),
        ignored=dict(dry_run.left_out.ignored),
        ignored_files=dry_run.ignored_files,
        skipped=dict(dry_run.left_out.skipped),
        filtered=dry_run.left_out.filtered,
        to_classify=dry_run.to_classify,
        model=dry_run.model,
        forecast=dry_run.forecast,
    )


def _lines(dry_run: DryRun) -> list[str]:
    from datetime import datetime

    from producer.commands.status import eta
    from producer.left_out_text import describe_kinds

    lines = [
        f"photos     {dry_run.photos}, {size(dry_run.size)}",
        f"to upload  {dry_run.to_upload}, {size(dry_run.upload_size)}",
    ]
    for count, description in (
        (dry_run.present, "already uploaded"),
        (dry_run.in_place, "left in place"),
        (dry_run.known, "already classified by this model"),
        (dry_run.repeated, "duplicates of other photos in this submission"),
    ):
        if count:
            lines.append(f"           {count} {description}")
    if dry_run.refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in dry_run.refused.most_common())
        lines.append(f"to fail    {dry_run.refused.total()}: {reasons}")
    for label, counts in (
        ("ignored", dry_run.left_out.ignored),
        ("skipped", dry_run.left_out.skipped),
    ):
        if counts:
            lines.append(f"{label:<9}  {counts.total()}: {describe_kinds(counts)}")
    if dry_run.left_out.filtered:
        lines.append(f"filtered   {dry_run.left_out.filtered} by --include or --exclude")
    if dry_run.forecast:
        if dry_run.to_classify:
            when = eta(dry_run.forecast, datetime.now().astimezone())
        else:
            when = "nothing to classify"
        lines.append(f"eta        {when}")
    return [*lines, "This was a dry run: nothing was sent."]


def size(count: int) -> str:
    """Return a number of bytes with a decimal unit."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} bytes"

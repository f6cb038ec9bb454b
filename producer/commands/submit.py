"""`glasses submit`: upload photos and queue them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    IncludeOption,
    PhotosArgument,
    ThresholdOption,
)


def command(
    paths: PhotosArgument,
    name: Annotated[
        str | None, typer.Option(help="Another way to say JOB; default: the first PATH.")
    ] = None,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    threshold: ThresholdOption = None,
    faces: FacesOption = Faces.ANY,
    wait: Annotated[
        bool | None,
        typer.Option("--wait/--detach", help="Wait for the verdicts; default: on a terminal."),
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Wait at most so many seconds.")] = None,
) -> None:
    """Upload photos, queue them, print the job's id.

    The id is the only thing on stdout, and it is printed before anything is read.
    """
    from glasses.client import Client, Job
    from glasses.submission import Progress
    from glasses.verdict import FaceChoice
    from producer.commands.watch import exit_code, follow
    from producer.narration import progress_bars, say

    job_id = ""

    def created(job: Job) -> None:
        nonlocal job_id
        job_id = job.id
        typer.echo(job.id)
        sys.stdout.flush()

    with Client(tell=say) as client:
        last = Progress()
        with progress_bars() as bars:
            hashing = bars.add_task("hashing", total=None, note="") if bars else None
            uploading = bars.add_task("upload", total=None, note="") if bars else None

            def progressed(progress: Progress) -> None:
                nonlocal last
                last = progress
                if bars and hashing is not None and uploading is not None:
                    settled = progress.present + progress.known + progress.refused
                    bars.update(hashing, completed=progress.hashed)
                    bars.update(
                        uploading, completed=progress.uploaded + settled, total=progress.hashed
                    )

            try:
                job = client.submit(
                    paths,
                    name=name,
                    include=include or (),
                    exclude=exclude or (),
                    threshold=threshold,
                    faces=FaceChoice(faces),
                    on_created=created,
                    on_progress=progressed,
                )
            except KeyboardInterrupt:
                say(f"stopped: what is queued goes on. `glasses cancel {job_id}` stops that too.")
                raise typer.Exit(130) from None
        say(describe(last))
        if wait if wait is not None else sys.stderr.isatty():
            try:
                status = follow(job, timeout)
            except KeyboardInterrupt:
                say(f"the job goes on. `glasses watch {job.id}` follows it again.")
                raise typer.Exit(130) from None
            say(f"`glasses results {job.id}` prints the verdicts.")
            raise typer.Exit(exit_code(status))
        say(f"`glasses watch {job.id}` follows it, `glasses results {job.id}` prints the verdicts.")


def describe(progress: object) -> str:
    """What was sent and what was not, and why not."""
    from glasses.submission import Progress

    assert isinstance(progress, Progress)
    parts = [f"{progress.hashed} photos: {progress.uploaded} uploaded"]
    if progress.present:
        parts.append(f"{progress.present} already uploaded")
    if progress.known:
        parts.append(f"{progress.known} already classified by this model")
    if progress.refused:
        parts.append(f"{progress.refused} refused unsent")
    return ", ".join(parts)

"""`glasses submit`: upload photos and queue them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from producer.counted import counted
from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    IncludeOption,
    InPlaceOption,
    JsonOption,
    ThresholdOption,
)

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from glasses.client import Client, Job
    from glasses.sources.arguments import Wanted
    from glasses.submission import Progress


def command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH…",
            help="Folders, files, globs, archives (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz), "
            "s3://BUCKET/PREFIX in the configured object store, or - for a list on stdin.",
        ),
    ] = None,
    from_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A list of files, one a line; - is stdin."),
    ] = None,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="A NUL ends each name of that list, not a line.")
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="Another way to say JOB; default: the first PATH.")
    ] = None,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    threshold: ThresholdOption = None,
    faces: FacesOption = Faces.ANY,
    in_place: InPlaceOption = False,
    wait: Annotated[
        bool | None,
        typer.Option("--wait/--detach", help="Wait for the verdicts; default: on a terminal."),
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Wait at most so many seconds.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be sent, and how long it takes.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Upload photos, queue them, print the job's id.

    The id is the only thing on stdout, and it is printed before anything is sent.

    Archives are opened only if they are named here, and never unpacked to disk: their photos are
    called ARCHIVE/NAME. Photos in a bucket are read through once, then the server copies them.
    --json goes with --dry-run.
    """
    from glasses.client import Client
    from glasses.errors import UsageError
    from glasses.find_job import check_name
    from glasses.sources.arguments import Wanted
    from glasses.verdict import FaceChoice
    from producer.listed import opened
    from producer.narration import say
    from producer.previewed import show_preview

    if null and from_file is None:
        raise UsageError("--null says how the list of --from-file is written: name one")
    if json_ and not dry_run:
        raise UsageError("--json goes with --dry-run; else the job's id alone is on stdout")
    check_name(name)
    with opened(from_file, null) as listed, Client(tell=say) as client:
        wanted = Wanted(paths or [], listed, include or (), exclude or (), in_place=in_place)
        if dry_run:
            show_preview(client, wanted, json_)
            return
        job = _submit(
            client,
            wanted,
            name=name or (f"list {from_file}" if from_file and not paths else None),
            threshold=threshold,
            faces=FaceChoice(faces),
        )
        _follow(job, wait, timeout)


def _submit(client: Client, wanted: Wanted, **options: Any) -> Job:
    from contextlib import ExitStack

    from glasses.submission import Progress
    from producer.narration import progress_bars, say

    job_id = ""
    last = Progress()
    tell = _Bars()
    with ExitStack() as drawn:

        def created(job: Job) -> None:
            nonlocal job_id
            job_id = job.id
            typer.echo(job.id)
            sys.stdout.flush()
            tell.start(drawn.enter_context(progress_bars()))  # only now: the id stands above them

        def progressed(progress: Progress) -> None:
            nonlocal last
            last = progress
            tell.show(progress)

        try:
            job = client.submit_wanted(
                wanted, on_created=created, on_progress=progressed, **options
            )
        except KeyboardInterrupt:
            drawn.close()
            say(_stopped(client, job_id))
            raise typer.Exit(130) from None
        tell.end(last)
    say(describe(last))
    return job


class _Bars:
    """The two bars of a submission, once they are drawn."""

    def __init__(self) -> None:
        self._bars: RichProgress | None = None

    def start(self, bars: RichProgress | None) -> None:
        self._bars = bars
        if bars:
            self._hashing = bars.add_task("hashing", total=None, note="")
            self._uploading = bars.add_task("upload", total=None, note="")

    def show(self, progress: Progress) -> None:
        if self._bars:
            unsent = progress.present + progress.in_place + progress.known + progress.refused
            done = min(progress.uploaded + unsent, progress.hashed)
            self._bars.update(self._hashing, completed=progress.hashed)
            self._bars.update(self._uploading, completed=done, total=progress.hashed)

    def end(self, progress: Progress) -> None:
        if self._bars:
            self._bars.update(self._hashing, total=progress.hashed)


def _stopped(client: Client, job_id: str) -> str:
    if not job_id:
        return "stopped: nothing is queued"
    queued = client.job(job_id).status().submitted
    have = f"{counted(queued, 'photo')} {'is' if queued == 1 else 'are'} queued"
    return (
        f"stopped: {have}. Run the same command again for the rest, nothing is paid "
        f"twice; `glasses cancel {job_id}` stops what is queued."
    )


def _follow(job: Job, wait: bool | None, timeout: float | None) -> None:
    from producer.commands.watch import exit_code, follow
    from producer.narration import say

    if wait if wait is not None else sys.stderr.isatty():
        try:
            status = follow(job, timeout)
        except KeyboardInterrupt:
            say(f"the job goes on. `glasses watch {job.id}` follows it again.")
            raise typer.Exit(130) from None
        say(f"`glasses results {job.id}` prints the verdicts.")
        raise typer.Exit(exit_code(status))
    say(f"`glasses watch {job.id}` follows it, `glasses results {job.id}` prints the verdicts.")


def describe(progress: Progress) -> str:
    """What was sent and what was not, and why not."""
    parts = [f"{counted(progress.hashed, 'photo')}: {progress.uploaded} uploaded"]
    if progress.present:
        parts.append(f"{progress.present} already uploaded")
    if progress.in_place:
        parts.append(f"{progress.in_place} left in place: keep them until the job has ended")
    if progress.known:
        parts.append(f"{progress.known} already classified by this model")
    if progress.refused:
        parts.append(f"{progress.refused} refused unsent")
    return ", ".join(parts)

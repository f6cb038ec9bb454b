"""`glasses sort`: a job's photos into folders, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.counted import counted
from producer.options import FromOption, JobArgument, JsonOption, UnsureOption

if TYPE_CHECKING:
    from glasses.sorting import How, Sorted


def command(
    job: JobArgument,
    into: Annotated[Path, typer.Option(metavar="DIR", help="Where the folders are made.")],
    copy: Annotated[bool, typer.Option("--copy", help="Copy the photos; the default.")] = False,
    move: Annotated[bool, typer.Option("--move", help="Move them.")] = False,
    hardlink: Annotated[
        bool, typer.Option("--hardlink", help="Link them: one file, two names, no space.")
    ] = False,
    symlink: Annotated[bool, typer.Option("--symlink", help="Link to where they are.")] = False,
    unsure: UnsureOption = None,
    from_: FromOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would go where.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back what this command did with JOB in DIR.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Put a job's photos into DIR/with, without, unsure, no-face and failed.

    Below those the folders are as they were submitted. Nothing is overwritten: a second photo of
    the same name becomes "name (2)"; a file that is in the job twice is sorted once. A photo that
    is gone or has changed since it was judged is named and left alone; then the exit code is 1. Run
    it again to go on. DIR/.glasses-sort.jsonl says what came from where; submit and classify pass
    over a folder that holds it, unless named.
    """
    from glasses.errors import UsageError
    from glasses.sorting import How
    from producer.folders import check_folder

    chosen = [
        how for how, wanted in zip(How, (copy, move, hardlink, symlink), strict=True) if wanted
    ]
    if len(chosen) > 1:
        raise UsageError("--copy, --move, --hardlink and --symlink exclude each other")
    check_folder("--from", from_)
    if into.exists():
        check_folder("--into", into)
    if undo:
        left = _undo(job, into, dry_run, json_)
    else:
        left = _sort(job, into, chosen[0] if chosen else How.COPY, unsure, from_, dry_run, json_)
    raise typer.Exit(1 if left else 0)


def _sort(
    prefix: str,
    into: Path,
    how: How,
    unsure: str | None,
    from_: Path | None,
    dry_run: bool,
    json_: bool,
) -> int:
    from contextlib import nullcontext

    from glasses.client import Client
    from glasses.groups import Band
    from glasses.sorting import Sorter
    from glasses.sorting.log import opened, peek
    from producer import incomplete
    from producer.narration import progress_bars, say
    from producer.rows import printable

    band = Band.parse(unsure) if unsure else Band()

    def tell(source: Path, to: Path) -> None:
        if dry_run and not json_:
            typer.echo(f"{printable(str(source))} -> {printable(str(to))}")

    def run(sorter: Sorter) -> Sorted:
        # The rows of a dry run are printed as they are found.
        with nullcontext() if dry_run else progress_bars() as bars:
            task = bars.add_task("sort", total=status.submitted, note="") if bars else None
            for photo in job.judged():
                sorter.put(photo, photo.source(from_))
                if bars and task is not None:
                    bars.advance(task)
        return sorter.done

    with Client(tell=say) as client:
        job = client.job(prefix, newest=True)
        status = job.status()
        limit = client.settings.max_file_mb << 20
        if dry_run:
            done = run(Sorter(job.id, into, how, band, limit, None, peek(into), tell))
        else:
            with opened(into) as log:
                done = run(Sorter(job.id, into, how, band, limit, log))
    _tell_left(done, from_)
    incomplete.warn(status)
    if status.pending:
        say(f"{counted(status.pending, 'photo')} without a verdict yet: run this again later")
    if json_:
        typer.echo(json.dumps(_facts(job.id, into, how, dry_run, status.pending, done)))
    else:
        _print(done, dry_run)
    if done.otherwise:
        say(
            f"{done.otherwise} of those sorted before are so by other options: --undo them first "
            "to sort them by these"
        )
    if done.groups and not dry_run:
        say(f"`glasses sort {job.id} --into {printable(str(into))} --undo` takes this back.")
    return len(done.left)


def _tell_left(done: Sorted, from_: Path | None) -> None:
    """Name what was left alone; what was no file to begin with is only counted."""
    from collections import Counter

    from glasses.sorting import NOWHERE
    from producer.narration import say, say_some

    if len(done.left) > 1 and done.all_gone:
        where = "where they were submitted" if from_ is None else f"in {from_}"
        say(
            f"left alone: none of {len(done.left)} photos is {where}: name their folder with --from"
        )
        return
    say_some(
        f"left alone: {image} {why}" for image, why in done.left if why not in NOWHERE.values()
    )
    for why, count in Counter(why for _, why in done.left if why in NOWHERE.values()).items():
        say(f"left alone: {count} photos, each {why}")


def _facts(
    job_id: str, into: Path, how: How, dry_run: bool, pending: int, done: Sorted
) -> dict[str, object]:
    from glasses.groups import Group

    return {
        "job_id": job_id,
        "into": str(into),
        "how": how,
        "dry_run": dry_run,
        "sorted": {group: done.groups[group] for group in Group},
        "already": done.already,
        "repeated": done.repeated,
        "left_alone": [{"image": image, "why": why} for image, why in done.left],
        "pending": pending,
    }


def _print(done: Sorted, dry_run: bool) -> None:
    from glasses.groups import Group

    parts = [f"{done.groups[group]} {group}" for group in Group]
    line = f"{done.groups.total()} {'to sort' if dry_run else 'sorted'} = " + " + ".join(parts)
    if done.already:
        line += f"; {done.already} sorted before"
    if done.repeated:
        line += f"; {counted(done.repeated, 'repeat')} of a file in the job"
    if done.left:
        line += f"; {len(done.left)} left alone"
    typer.echo(line)


def _undo(word: str, into: Path, dry_run: bool, json_: bool) -> int:
    from glasses.errors import UsageError
    from glasses.sorting import undo
    from glasses.sorting.log import opened, peek
    from producer.narration import say_some

    sorted_by = {entry.job_id for entry in peek(into)}
    jobs = [job_id for job_id in sorted_by if job_id.startswith(word)]
    jobs = jobs or _named(word, sorted_by)
    if not sorted_by:
        raise UsageError(f"{into} has nothing of {word!r} to take back")
    if len(jobs) != 1:
        listed = ", ".join(sorted(jobs or sorted_by))
        which = "may be any" if jobs else "is none"
        raise UsageError(
            f"nothing is undone: {word!r} {which} of the jobs sorted into {into}: {listed}"
        )
    if dry_run:
        raise UsageError("--undo has no --dry-run: it touches nothing that was changed since")
    with opened(into) as log:
        done = undo(log, into, jobs[0])
    say_some(f"left alone: {place} {why}" for place, why in done.left)
    if json_:
        left = [{"path": place, "why": why} for place, why in done.left]
        typer.echo(json.dumps({"job_id": jobs[0], "undone": done.count, "left_alone": left}))
    else:
        typer.echo(f"{done.count} taken back" + f"; {len(done.left)} left alone" * bool(done.left))
    return len(done.left)


def _named(name: str, sorted_by: set[str]) -> list[str]:
    """Which jobs a name may mean, if servers are there that know it: undoing needs none.

    The newest of that name is meant, as where it was sorted, unless it is not among those.
    """
    from glasses.client import Client
    from glasses.errors import GlassesError
    from producer.narration import say

    try:
        with Client() as client:
            named = client.named(name)
    except GlassesError:
        return []
    found = [job_id for job_id in named if job_id in sorted_by]
    if found[:1] == named[:1]:
        found = found[:1]
    if len(named) > 1 and len(found) == 1:
        which = "the newest" if found == named[:1] else "the one that was sorted there"
        say(f"{len(named)} jobs are called {name!r}: this is {which}, {found[0]}")
    return found

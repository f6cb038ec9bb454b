"""What `glasses sort` prints about a run."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

from glasses.protocol.schemas import JobStatus
from producer.console import log_some, log_status
from producer.pluralize import pluralize
from producer.rows import printable
from producer.sorting.sort import NOT_A_FILE
from producer.sorting.summary import SortSummary
from producer.sorting.transfer import TransferMode
from producer.sorting.undo import UndoSummary


def log_notes(done: SortSummary, from_: Path | None) -> None:
    """Log the skipped files, and what a user may not expect of the others."""
    _log_skipped(done, from_)
    log_some(f"{name} {why}" for name, why in done.separated)
    if done.kept:
        are = "was not moved: the same photo is" if done.kept == 1 else "were not moved: they are"
        log_status(f"{pluralize(done.kept, 'photo')} {are} in place already")
    if done.otherwise:
        log_status(
            f"{done.otherwise} already sorted with other options: run --undo first to sort them "
            "with these"
        )


def log_interrupted(done: SortSummary, command: str) -> None:
    """Log how far an interrupted run came, and how to continue or undo it."""
    photos = done.groups.total() + done.regrouped
    files = pluralize(photos, "photo") + _companions(done.companions, " and ")
    log_status(f"{files} sorted so far. Run the same command again to continue.")
    if photos:
        log_undo(command)


def log_undo(command: str) -> None:
    """Log the command that undoes a run."""
    log_status(f"`{command} --undo` undoes this.")


def summary_line(done: SortSummary, dry_run: bool) -> str:
    """Return the numbers of a run in one line."""
    parts = [f"{done.groups[group]} {group}" for group in done.shown_groups]
    count = f"{done.groups.total()} {'to sort' if dry_run else 'sorted'}"
    if done.already_sorted or done.regrouped:
        moved = f", {done.regrouped} moved to another folder" if done.regrouped else ""
        count = f"{done.already_sorted} already sorted{moved}, {done.groups.total()} new"
    line = f"{count} = " + " + ".join(parts) + _companions(done.companions, "; ")
    if done.corrected:
        line += f"; {done.corrected} corrected"
    if done.repeated:
        line += f"; {pluralize(done.repeated, 'repeated file')}"
    if done.left:
        line += f"; {len(done.left)} skipped"
    return line


def undo_line(done: UndoSummary) -> str:
    """Return the numbers of an undo in one line."""
    files = f"{done.count} undone"
    if done.returned:
        files += f" ({done.returned} moved back to the folder of an earlier job)"
    files += _companions(done.companions, "; ")
    return files + f"; {len(done.left)} skipped" * bool(done.left)


def facts(
    status: JobStatus, into: Path, mode: TransferMode, dry_run: bool, done: SortSummary
) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        "job_id": status.job_id,
        "into": str(into),
        "how": mode,
        "dry_run": dry_run,
        "sorted": {group: done.groups[group] for group in done.shown_groups},
        "companions": done.companions,
        "corrected": done.corrected,
        "already_sorted": done.already_sorted,
        "regrouped": done.regrouped,
        "repeated": done.repeated,
        "skipped": _listed(done.left),
        "separated": _listed(done.separated),
        "state": status.state,
        "without_verdict": status.without_verdict,
    }


def undo_facts(job_id: str, done: UndoSummary) -> dict[str, object]:
    """Return what `--undo --json` prints."""
    left = [{"path": path, "why": why} for path, why in done.left]
    return {
        "job_id": job_id,
        "undone": done.count,
        "returned": done.returned,
        "companions": done.companions,
        "gone": done.gone,
        "skipped": left,
    }


def sort_command(job_id: str, into: Path) -> str:
    """Return the command that sorted a job, without its options."""
    return f"glasses sort {job_id} --into {printable(shlex.quote(str(into)))}"


def _companions(count: int, separator: str) -> str:
    return separator + pluralize(count, "companion") if count else ""


def _listed(files: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"image": image, "why": why} for image, why in files]


def _log_skipped(done: SortSummary, from_: Path | None) -> None:
    """Log each skipped photo. Photos that were never files are only counted."""
    if len(done.left) > 1 and done.all_gone:
        where = "at the submitted paths" if from_ is None else f"in {from_}"
        log_status(
            f"skipped {len(done.left)} photos: none is {where}. Pass their folder with --from"
        )
        return
    never_files = NOT_A_FILE.values()
    log_some(f"skipped {image}: {why}" for image, why in done.left if why not in never_files)
    for why, count in Counter(why for _, why in done.left if why in never_files).items():
        log_status(f"skipped {pluralize(count, 'photo')}: {why}")

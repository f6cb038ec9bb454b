"""Exit codes: what each means, for all commands and for those that give one a meaning of its own.

Commands that wait for a job or print its rows take their code from here; the others choose it
themselves, and errors have theirs (`glasses.errors`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasses.errors import ExitCode

if TYPE_CHECKING:
    from glasses.protocol.schemas import JobStatus


MEANINGS: dict[ExitCode, str] = {
    ExitCode.SUCCESS: "success",
    ExitCode.FAILED: "some photos failed",
    ExitCode.USAGE: "usage error",
    ExitCode.SERVERS: "servers unreachable",
    ExitCode.TIMEOUT: "timed out waiting",
    ExitCode.NO_VERDICT: "some photos have no verdict",
    ExitCode.INTERRUPTED: "interrupted",
}
"""Meaning of each exit code. A command that `BY_COMMAND` does not list uses only 0, 2, 3, 130."""
_FAILED_PHOTOS = "photos failed"
_ENDED_EARLY = "the job was cancelled or is incomplete: photos have no verdict"
_NOT_DONE = "photos have no verdict: the job was cancelled, is incomplete or still running"
BY_COMMAND: dict[str, dict[ExitCode, str]] = {
    "submit": {
        ExitCode.FAILED: "photos failed (not with --detach)",
        ExitCode.TIMEOUT: "--timeout passed, the job continues",
        ExitCode.NO_VERDICT: _ENDED_EARLY,
    },
    "classify": {ExitCode.FAILED: _FAILED_PHOTOS},
    "watch-folder": {ExitCode.FAILED: "photos whose rows were written failed"},
    "status": {
        ExitCode.FAILED: "the job is done, and photos failed",
        ExitCode.NO_VERDICT: _ENDED_EARLY,
    },
    "watch": {
        ExitCode.FAILED: _FAILED_PHOTOS,
        ExitCode.TIMEOUT: "--timeout passed, the job continues",
        ExitCode.NO_VERDICT: _ENDED_EARLY,
    },
    "results": {ExitCode.FAILED: _FAILED_PHOTOS, ExitCode.NO_VERDICT: _NOT_DONE},
    "report": {ExitCode.NO_VERDICT: _NOT_DONE},
    "sort": {ExitCode.FAILED: "files were skipped", ExitCode.NO_VERDICT: _NOT_DONE},
    "explain": {ExitCode.FAILED: "the photo failed"},
    "evaluate": {
        ExitCode.FAILED: "labelled photos failed, or were not found or contradict others",
        ExitCode.NO_VERDICT: f"with --job: {_NOT_DONE}",
    },
    "correct": {ExitCode.FAILED: "photos of corrections were not found"},
    "doctor": {
        ExitCode.FAILED: "a check failed (warnings are no failures)",
        ExitCode.SERVERS: "the servers or workers cannot process jobs",
    },
}
"""Command -> the codes to which it gives a meaning of its own."""


def help_text(command: str) -> str:
    """Return the paragraph about exit codes for the end of a command's `--help`."""
    if command == "glasses":
        parts = [f"{code} {meaning}" for code, meaning in MEANINGS.items()]
        return f"Exit codes: {', '.join(parts)}."
    if command not in BY_COMMAND:
        return ""
    parts = [f"{code} {meaning}" for code, meaning in BY_COMMAND[command].items()]
    return f"Exit codes: {'; '.join(parts)}. `glasses --help` lists the others."


def of_ended_job(status: JobStatus) -> ExitCode:
    """Return the exit code of a command that waited for a job."""
    if no_verdict := of_rows(status):
        return no_verdict
    return ExitCode.FAILED if status.failed else ExitCode.SUCCESS


def of_rows(status: JobStatus, otherwise: ExitCode = ExitCode.SUCCESS) -> ExitCode:
    """Return the exit code of a command that gives out the verdicts which a job has so far.

    Args:
        status: The job, when its verdicts were read.
        otherwise: The exit code if no verdict is missing.
    """
    from glasses.protocol.statuses import JobState

    return otherwise if status.state is JobState.DONE else ExitCode.NO_VERDICT

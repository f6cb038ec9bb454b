"""Commands whose stdin, stdout or stderr is closed, as some daemons and cron jobs start them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.support.classified_job import face, outcome, submit_classified

NO_STDOUT = "glasses: output cannot be written: stdout is closed\n"


def run(settings: Settings, closed: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "producer", *words],
        env=os.environ | environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",  # Parquet
        check=False,
        timeout=120,
    )


@pytest.fixture
def commands(
    settings: Settings, client: Client, collection: Path, tmp_path: Path
) -> list[list[str]]:
    """Return commands that print something."""
    del settings
    job = submit_classified(client, collection, {"a.jpg": outcome(face(0.98))}).id
    (tmp_path / "text.jpg").write_bytes(b"no photo")
    return [
        ["--help"],
        ["config"],
        ["status", job],
        ["results", job, "--format", "csv"],
        ["results", job, "--format", "parquet"],
        ["classify", str(tmp_path / "text.jpg")],
        ["submit", str(tmp_path / "text.jpg"), "--dry-run"],
        ["report", job, "-o", str(tmp_path / "r.html"), "--json"],
    ]


def test_closed_stdout_is_reported_in_one_line(
    settings: Settings, commands: list[list[str]]
) -> None:
    for words in commands:
        done = run(settings, ">&-", *words)
        assert (done.returncode, done.stderr[-len(NO_STDOUT) :]) == (2, NO_STDOUT), (
            words,
            done.stderr,
        )
        assert "Traceback" not in done.stderr, words


def test_closed_stderr_does_not_change_stdout_or_the_exit_code(
    settings: Settings, commands: list[list[str]]
) -> None:
    for words in commands:
        done = run(settings, "2>&-", *words)
        assert done.returncode in {0, 1}, words
        assert done.stdout, words
        assert "Traceback" not in done.stdout, words


def test_commands_exit_when_all_streams_are_closed(
    settings: Settings, commands: list[list[str]]
) -> None:
    for words in commands[::4]:
        assert run(settings, "<&- >&- 2>&-", *words).returncode == 2, words


def test_closed_stdin_is_reported_by_commands_that_read_it(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_bytes(b"no photo")
    for words in (["classify", "-"], ["submit", "-"], ["submit", "--from-file", "-"]):
        done = run(settings, "<&-", *words)
        assert (done.returncode, done.stdout) == (2, ""), (words, done.stderr)
        assert done.stderr == "glasses: the list on stdin cannot be read: Bad file descriptor\n"
    assert run(settings, "<&-", "classify", str(tmp_path / "text.jpg")).returncode == 1

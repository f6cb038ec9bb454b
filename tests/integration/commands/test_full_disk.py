"""A full disk under the output is reported in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
NO_SPACE = "glasses: output cannot be written: No space left on device\n"


def test_full_disk_under_stdout_is_reported_in_one_line(
    settings: Settings, client: Client, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit_classified(client, collection, {"a.jpg": outcome(face(0.98))}).id
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    for words in (
        ["results", job, "--format", "csv"],
        ["results", job, "--format", "parquet"],
        ["jobs"],
        ["jobs", "--json"],
        ["--help"],
    ):
        with FULL.open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "producer", *words],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=60,
            )
        assert (done.returncode, done.stderr) == (2, NO_SPACE), words


def test_full_disk_under_a_file_is_reported_in_one_line(
    settings: Settings, client: Client, collection: Path
) -> None:
    job = submit_classified(client, collection, {"a.jpg": outcome(face(0.98))}).id
    done = glasses("results", job, "-o", str(FULL), "--format", "csv", settings=settings)
    assert done.returncode == 2
    assert done.stderr == "glasses: /dev/full cannot be written: No space left on device\n"

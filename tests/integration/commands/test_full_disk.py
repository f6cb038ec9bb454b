"""Output that nothing takes any more is told in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.settings import Settings
from infra.local.workers import environment
from tests.support.commands import glasses
from tests.support.judged import face, judged_job, outcome

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
NO_SPACE = "glasses: output cannot be written: No space left on device\n"


def test_full_stdout(
    settings: Settings, client: Client, pile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = judged_job(client, pile, {"a.jpg": outcome(face(0.98))}).id
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


def test_full_file(settings: Settings, client: Client, pile: Path) -> None:
    job = judged_job(client, pile, {"a.jpg": outcome(face(0.98))}).id
    done = glasses("results", job, "-o", str(FULL), "--format", "csv", settings=settings)
    assert done.returncode == 2
    assert done.stderr == "glasses: /dev/full cannot be written: No space left on device\n"

"""A submission that was interrupted: nobody takes its photos for all of them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glasses import keys
from glasses.client import Client
from glasses.settings import Settings
from infra.local.workers import environment
from tests.support.commands import glasses
from tests.support.judged import face, judged_job, outcome
from tests.support.photos import photos
from tests.support.waiting import wait_until

SENTENCE = "is incomplete: it has 1 photo; its submitter stopped before the last photo: run the"


@pytest.fixture
def job(client: Client, pile: Path) -> str:
    """As one that was interrupted behind its first photo."""
    found = judged_job(client, pile, {"a.jpg": outcome(face(0.98))}, name="archive").id
    redis: Any = client.redis
    redis.hset(keys.job(found), "incomplete", 1)
    return found


def test_commands_that_read_it_say_so(settings: Settings, job: str, tmp_path: Path) -> None:
    assert re.search(rf"^{job}  incomplete ", glasses("jobs", settings=settings).stdout, re.M)
    for words in (
        ["results", job],
        ["results", job, "--follow"],
        ["report", job, "-o", str(tmp_path / "report.html"), "--no-thumbnails"],
        ["watch", job],
        ["sort", job, "--into", str(tmp_path / "sorted")],
    ):
        done = glasses(*words, settings=settings)
        assert done.returncode == 0, done.stderr
        assert SENTENCE in done.stderr, words


def test_whole_one_is_not_called_so(settings: Settings, client: Client, pile: Path) -> None:
    whole = judged_job(client, pile, {"a.jpg": outcome()}).id
    assert "incomplete" not in glasses("jobs", settings=settings).stdout
    assert "incomplete" not in glasses("results", whole, settings=settings).stderr


def test_interrupted_submit_says_how_many_are_queued(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    source = tmp_path / "tiny.jpg"
    source.write_bytes(b"\xff\xd8\xff")
    submitter = subprocess.Popen(
        [sys.executable, "-m", "producer", "submit", str(photos(tmp_path / "in", source, 2000))],
        env=os.environ | environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert submitter.stdout
    found = client.job(submitter.stdout.readline().strip())
    wait_until(lambda: found.status().submitted >= 64)
    submitter.send_signal(signal.SIGINT)
    _, said = submitter.communicate(timeout=60)
    assert submitter.returncode == 130
    queued = found.status().submitted
    assert 64 <= queued < 2000
    assert f"stopped: {queued} photos are queued. Run the same command again" in said

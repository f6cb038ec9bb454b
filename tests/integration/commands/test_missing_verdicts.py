"""A job without all its verdicts never looks complete, whichever command shows it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.protocol.statuses import JobState
from producer.exit_codes import BY_COMMAND
from producer.missing_verdicts import sentence
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses, start_glasses
from tests.support.photos import photos
from tests.support.wait import wait_until


def running(client: Client, collection: Path) -> Job:
    """Return a job of which one photo has failed and one waits for a worker."""
    (collection / "empty.jpg").touch()
    return client.submit([collection], name="archive")


def cancelled(client: Client, collection: Path) -> Job:
    """Return the same job after it was cancelled."""
    job = running(client, collection)
    job.cancel()
    return job


def incomplete(client: Client, collection: Path) -> Job:
    """Return a job whose submission was interrupted after its first photo."""
    job = submit_classified(client, collection, {"a.jpg": outcome(face(0.98))}, name="archive")
    redis: Any = client.redis
    redis.hset(keys.job(job.id), "incomplete", 1)
    return job


def commands(job: Job, folder: Path) -> dict[str, list[str]]:
    """Return the commands that show a job, with their arguments."""
    return {
        "status": [job.id],
        "watch": [job.id, "--timeout", "0.1"],
        "results": [job.id, "-o", str(folder / "rows.parquet")],
        "report": [job.id, "-o", str(folder / "report.html"), "--no-thumbnails"],
        "sort": [job.id, "--into", str(folder / "sorted"), "--json"],
    }


@pytest.mark.parametrize(
    ("make", "state", "says", "codes"),
    [
        (running, "running", "is still running: 1 of its 2 photos have no verdict yet", "04555"),
        (cancelled, "cancelled", "was cancelled: 1 of its 2 photos have no verdict", "55555"),
        (
            incomplete,
            "incomplete",
            "is incomplete: it has 1 photo; its submitter stopped before the last photo. Run the",
            "55555",
        ),
    ],
)
def test_every_command_shows_the_same_state_and_exits_with_5(
    settings: Settings,
    client: Client,
    collection: Path,
    tmp_path: Path,
    make: Callable[[Client, Path], Job],
    state: str,
    says: str,
    codes: str,
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    job = make(client, collection)
    code = dict(zip(commands(job, tmp_path), map(int, codes), strict=True))
    printed = {}
    for command, arguments in commands(job, tmp_path).items():
        done = glasses(command, *arguments, settings=settings)
        printed[command] = done.stdout
        assert done.returncode == code[command], (command, done.stderr)
        assert done.returncode in {0, *BY_COMMAND[command]}
        if done.returncode == 5:
            assert says in done.stdout + done.stderr, command
            assert "(exit code 1)" not in done.stderr
    status = job.status()
    assert (status.state, status.without_verdict) == (state, int(make is not incomplete))
    assert f"state      {state}" in printed["status"]
    assert re.search(rf"^{job.id}  {state} ", glasses("jobs", settings=settings).stdout, re.M)
    facts = json.loads(printed["sort"])
    assert (facts["state"], facts["without_verdict"]) == (state, status.without_verdict)
    metadata = parquet.read_metadata(tmp_path / "rows.parquet").metadata
    assert metadata[b"glasses.state"].decode() == state
    assert metadata[b"glasses.without_verdict"].decode() == str(status.without_verdict)
    assert says in (tmp_path / "report.html").read_text("utf-8")
    shown = json.loads(glasses("status", job.id, "--json", settings=settings).stdout)
    assert shown["state"] == state


def test_evaluating_a_cancelled_job_ends_in_5(
    settings: Settings, client: Client, collection: Path, tmp_path: Path
) -> None:
    redis: Any = client.redis
    (collection / "b.jpg").write_bytes(b"\xff\xd8\xffb")
    known = {"a.jpg": outcome(face(0.98)), "b.jpg": outcome()}
    job = submit_classified(client, collection, known)
    redis.hset(keys.job(job.id), "state", "cancelled")
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\na.jpg,1\nb.jpg,0\n")
    words = ["evaluate", str(labels), "--photos", str(collection), "--job", job.id, "--json"]
    done = glasses(*words, settings=settings)
    assert (done.returncode, json.loads(done.stdout)["job_state"]) == (5, "cancelled")
    assert "was cancelled: 0 of its 2 photos have no verdict (exit code 5)" in done.stderr


def test_a_job_with_all_verdicts_is_done(
    settings: Settings, client: Client, collection: Path, tmp_path: Path
) -> None:
    (collection / "empty.jpg").touch()
    job = submit_classified(client, collection, {"a.jpg": outcome(face(0.98))})
    for command, arguments in commands(job, tmp_path).items():
        done = glasses(command, *arguments, settings=settings)
        assert done.returncode == (0 if command in {"report", "sort"} else 1), command
        assert "no verdict" not in done.stdout + done.stderr
    followed = glasses("results", job.id, "--follow", settings=settings)
    assert (followed.returncode, followed.stdout.count("\n")) == (1, 2)


def test_following_a_cancelled_job_ends_in_5(
    settings: Settings, client: Client, collection: Path
) -> None:
    job = cancelled(client, collection)
    done = glasses("results", job.id, "--follow", settings=settings)
    assert (done.returncode, done.stdout.count("\n")) == (5, 1)
    assert "1 of 1 photo failed\n" in done.stderr


def test_a_job_cancelled_before_its_last_photo_says_that_more_may_be_missing(
    client: Client, collection: Path
) -> None:
    job = client.submit([collection], on_created=lambda job: job.cancel() and None)
    status = job.status()
    assert (status.state, status.complete) == (JobState.CANCELLED, False)
    assert sentence(status).endswith(", and more may not have been submitted")


def test_interrupted_submit_reports_how_many_photos_are_queued(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    source = tmp_path / "tiny.jpg"
    source.write_bytes(b"\xff\xd8\xff")
    submitter = start_glasses("submit", photos(tmp_path / "in", source, 2000), settings=settings)
    assert submitter.stdout
    found = client.job(submitter.stdout.readline().strip())
    wait_until(lambda: found.status().submitted >= 64)
    submitter.send_signal(signal.SIGINT)
    _, said = submitter.communicate(timeout=60)
    assert submitter.returncode == 130
    queued = found.status().submitted
    assert 64 <= queued < 2000
    assert f"stopped: {queued} photos queued. Run the same command again" in said

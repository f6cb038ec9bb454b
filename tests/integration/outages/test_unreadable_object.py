"""An object that the server can no longer read fails alone until it is submitted again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses
from tests.support.photos import photos
from tests.support.stack import S3, Stack
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
SMALL, LARGE = 30, 3
FIRST_CHUNK = 4
IMPATIENT = {"s3_timeout_seconds": 3.0, "s3_retry_seconds": 3.0}
"""For the worker: SeaweedFS searches a damaged object for 13 s before it answers."""


@pytest.mark.parametrize(("name", "failed"), [("large/0001.jpg", {1}), ("in/0001.jpg", {4, 16})])
def test_a_damaged_object_fails_alone_and_the_next_submit_uploads_it(
    name: str,
    failed: set[int],
    stack: Stack,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    small = photos(tmp_path / "in", demo_photos / "hopper.jpg", SMALL, tmp_path.name)
    large = photos(
        tmp_path / "large", demo_photos / "hopper-12-megapixels.jpg", LARGE, tmp_path.name
    )
    job = client.submit([small, large])
    stack.damage((tmp_path / name).read_bytes())
    start_worker(1, **IMPATIENT)
    status = job.wait(60)
    reasons = [verdict.reason for verdict in job.verdicts() if verdict.reason]
    assert set(reasons) == {"unreadable_object"}
    assert status.failed in failed
    assert status.classified == SMALL + LARGE - status.failed

    again = client.submit([small, large])
    assert again.wait(60).classified == SMALL + LARGE


def test_an_outage_that_outlasts_all_retries_fails_no_photo(
    stack: Stack, client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", SMALL)])
    stack.kill(S3)
    worker = start_worker(1, s3_retry_seconds=0.5)
    wait_until(lambda: worker.log.read_text().count("given back") > 2, worker.log.read_text)
    assert job.status().pending == SMALL
    stack.start(S3)
    assert job.wait(60).classified == SMALL


def test_report_and_correct_continue_past_an_object_that_cannot_be_read(
    stack: Stack, client: Client, settings: Settings, tmp_path: Path, demo_photos: Path
) -> None:
    large = (demo_photos / "hopper-12-megapixels.jpg").read_bytes()
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(large + name.encode() * 64)
    outcomes = dict.fromkeys(("a.jpg", "b.jpg"), outcome(face(0.9)))
    job = submit_classified(client, folder, outcomes)
    stack.damage((folder / "a.jpg").read_bytes())
    folder.rename(tmp_path / "moved")
    impatient = settings.model_copy(update=IMPATIENT)
    report, labels = str(tmp_path / "report.html"), str(tmp_path / "labels")
    done = glasses("report", job.id, "-o", report, "--json", settings=impatient)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["photos"], facts["thumbnails"], facts["unreadable"]) == (2, 1, ["a.jpg"])
    assert "no picture of a.jpg: its object cannot be read" in done.stderr
    (tmp_path / "marks.csv").write_text("name,correction\na.jpg,0\nb.jpg,0\n")
    words = ["correct", str(tmp_path / "marks.csv"), "--job", job.id, "--into", labels]
    done = glasses(*words, "--no-evaluate", settings=impatient)
    assert done.returncode == 1, done.stderr
    assert "skipped a.jpg: missing, unreadable, or not a photo" in done.stderr
    stack.kill(S3)
    done = glasses("report", job.id, "-o", report, settings=impatient)
    assert (done.returncode, "unavailable" in done.stderr) == (3, True)
    stack.start(S3)

"""What `glasses submit` prints as JSON, and that it waits also without a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.jobs.submission import SubmissionProgress
from glasses.sources.arguments import PhotoSelection
from tests.integration.commands.test_json_output import fits
from tests.support.commands import glasses, start_glasses
from tests.support.photos import photos
from tests.support.terminal import on_terminal
from tests.support.wait import wait_until


def test_json_has_the_id_and_after_waiting_the_final_counts(
    settings: Settings, client: Client, collection: Path, tmp_path: Path
) -> None:
    detached = glasses("submit", str(collection), "--json", "--detach", settings=settings)
    assert detached.returncode == 0
    assert client.job(fits(detached.stdout, "submit")["job_id"]).status().pending == 1
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "empty.jpg").touch()
    waited = glasses("submit", str(tmp_path / "empty"), "--json", settings=settings)
    assert waited.returncode == 1
    first, last = waited.stdout.splitlines()
    (counts,) = fits(f"[{last}]", "jobs")
    assert counts["job_id"] == fits(first, "submit")["job_id"]
    assert (counts["state"], counts["failed"], counts["pending"]) == ("done", 1, 0)


def test_submit_waits_in_a_pipeline_as_on_a_terminal(settings: Settings, collection: Path) -> None:
    done = glasses("submit", str(collection), "--json", "--timeout", "0.1", settings=settings)
    assert done.returncode == 4
    assert json.loads(done.stdout.splitlines()[1])["pending"] == 1
    assert "still has 1 pending photos and continues" in done.stderr


def test_submit_says_that_its_job_was_cancelled_meanwhile(
    settings: Settings, client: Client, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", 1500)
    submitter = start_glasses("submit", folder, "--detach", settings=settings)
    assert submitter.stdout
    job = client.job(submitter.stdout.readline().strip())
    wait_until(lambda: job.status().submitted >= 64)
    job.cancel()
    _, told = submitter.communicate(timeout=60)
    assert submitter.returncode == 5
    assert "was cancelled or removed before its last photo was submitted (exit code 5)" in told


def test_all_photos_are_submitted_in_the_end_also_repeated_known_and_refused_ones(
    client: Client, collection: Path
) -> None:
    (collection / "again.jpg").write_bytes((collection / "a.jpg").read_bytes())
    (collection / "empty.jpg").touch()
    seen: list[tuple[int, int]] = []

    def progressed(progress: SubmissionProgress) -> None:
        seen.append((progress.submitted, progress.hashed))

    for _ in range(2):
        client.submit([collection], on_progress=progressed)
        assert seen[-1] == (3, 3)


def test_both_bars_end_at_their_totals(settings: Settings, collection: Path) -> None:
    (collection / "again.jpg").write_bytes((collection / "a.jpg").read_bytes())
    (collection / "empty.jpg").touch()
    shown = on_terminal("submit", str(collection), "--detach", settings=settings).decode()
    for bar in ("hashing", "upload"):
        last = re.findall(rf"{bar} .*?(\d+)/(\d+|\?)", shown)[-1]
        assert last == ("3", "3"), bar


def test_files_are_counted_unless_some_are_not_on_disk(collection: Path) -> None:
    (collection / "sub").mkdir()
    (collection / "sub" / "b.jpg").touch()
    assert PhotoSelection([str(collection)]).count() == 2
    assert PhotoSelection([f"{collection}/*.jpg", str(collection)]).count() == 3
    assert PhotoSelection([str(collection)], exclude=["sub/*"]).count() == 1
    for unknown in ("-", "s3://bucket", str(collection / "all.zip")):
        (collection / "all.zip").touch()
        assert PhotoSelection([str(collection), unknown]).count() is None
    assert PhotoSelection(file_list=["a.jpg"]).count() is None

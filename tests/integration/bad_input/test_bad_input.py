"""Everything that people have among their photos, through the whole path: a named end for each."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from pathlib import Path

from glasses.client import Client
from glasses.settings import Settings
from tests.integration.path.test_whole_path import rows, run
from tests.support import bad_photos
from tests.support.photos import photos
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


def test_every_file_ends_as_it_should_with_and_without_servers(
    settings: Settings, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    truth = bad_photos.make(folder, demo_photos)
    worker = start_worker(1)
    job = run(settings, "submit", str(folder), "--wait", "--timeout", "90", code=1).strip()
    submitted = run(settings, "results", job, "--format", "jsonl", code=1)
    told = {str(row["image"]): str(row["reason"] or row["status"]) for row in rows(submitted)}
    assert told == truth
    assert "pipeline failed" not in worker.log.read_text()
    assert run(settings, "classify", str(folder), "--format", "jsonl", code=1) == submitted
    table = run(settings, "results", job, "--format", "table", code=1)
    assert "\x1b" not in table
    assert len(table.splitlines()) == len(truth) + 1
    lines = list(
        csv.DictReader(io.StringIO(run(settings, "results", job, "--format", "csv", code=1)))
    )
    assert len(lines) == len(truth)
    assert not [line for line in lines if line["image"].startswith(("=", "+", "-", "@"))]


def test_a_folder_of_ten_thousand_files_is_read(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.txt").write_bytes(b"no photo")
    status = client.submit([folder]).wait(30)
    assert (status.submitted, status.failed) == (10_000, 10_000)


def test_a_folder_that_changes_while_it_is_read_still_adds_up(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", 600)
    other = tmp_path / "other"

    def change() -> None:
        for number in range(599, 300, -1):
            path = folder / f"{number:04d}.jpg"
            if number % 2:
                path.unlink()
            else:
                other.write_bytes(b"other bytes")
                other.replace(path)  # at once: half written it would be empty for a moment

    start_worker(1)
    changing = threading.Thread(target=change)
    job = client.submit([folder], on_created=lambda _job: changing.start())
    changing.join()
    status = job.wait(90)
    assert status.submitted == status.classified + status.failed
    reasons = {verdict.reason for verdict in job.verdicts()}
    assert reasons <= {None, "unreadable", "changed", "not_an_image"}

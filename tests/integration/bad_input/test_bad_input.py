"""Every kind of file that people keep among their photos ends in a named outcome."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support import bad_photos
from tests.support.commands import glasses_output, json_lines
from tests.support.photos import photos
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


def test_every_file_has_the_expected_outcome_with_and_without_servers(
    settings: Settings, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    truth = bad_photos.make(folder, demo_photos)
    worker = start_worker(1)
    job = glasses_output(
        "submit", str(folder), "--wait", "--timeout", "90", code=1, settings=settings
    ).strip()
    submitted = glasses_output("results", job, "--format", "jsonl", code=1, settings=settings)
    told = {str(row["image"]): str(row["reason"] or row["status"]) for row in json_lines(submitted)}
    assert told == truth
    assert "pipeline failed" not in worker.log.read_text()
    assert (
        glasses_output("classify", str(folder), "--format", "jsonl", code=1, settings=settings)
        == submitted
    )
    table = glasses_output("results", job, "--format", "table", code=1, settings=settings)
    assert "\x1b" not in table
    assert len(table.splitlines()) == len(truth) + 1
    words = ("results", job, "--format", "csv", "--spreadsheet-safe")
    safe = glasses_output(*words, code=1, settings=settings)
    lines = list(csv.DictReader(io.StringIO(safe)))
    assert len(lines) == len(truth)
    assert not [line for line in lines if line["image"].startswith(("=", "+", "-", "@"))]


def test_a_folder_of_ten_thousand_files_is_submitted(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.jpg").write_bytes(b"no photo")
    status = client.submit([folder]).wait(30)
    assert (status.submitted, status.failed) == (10_000, 10_000)


def test_counts_add_up_when_a_folder_changes_during_the_walk(
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

"""Labelled photos from submit to results; skipped without the data set beside the checkout."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.commands import glasses_output, json_lines
from tests.support.workers import Worker

PHOTOS = 400


def labelled(folder: Path) -> dict[str, bool]:
    """Return path -> wears glasses for an even sample of the set."""
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    step = max(1, len(lines) // PHOTOS)
    chosen = islice(lines[::step], PHOTOS)
    return {str(folder / line["path"]): line["has_glasses"] == "1" for line in chosen}


def test_rows_of_labelled_photos_equal_those_of_classify_and_match_the_labels(
    settings: Settings,
    client: Client,
    start_worker: Callable[..., Worker],
    shared_photos: Path,
    tmp_path: Path,
) -> None:
    labels = labelled(shared_photos / "lfw")
    start_worker(2)
    job = client.submit(["-"], stdin=list(labels))
    status = job.wait(120)
    assert status.submitted == PHOTOS
    assert status.classified + status.no_face == PHOTOS
    submitted = glasses_output("results", job.id, "--format", "jsonl", settings=settings)
    folder = tmp_path / "same"
    for path in labels:
        link = folder / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    in_process = json_lines(
        glasses_output("classify", str(folder), "--format", "jsonl", settings=settings)
    )
    renamed = {
        json.dumps(row | {"image": f"/{row['image']}", "path": f"/{row['image']}"})
        for row in in_process
    }
    assert set(submitted.splitlines()) == renamed
    right = sum(bool(row["glasses"]) == labels[str(row["image"])] for row in json_lines(submitted))
    assert right >= 0.97 * PHOTOS

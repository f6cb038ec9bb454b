"""`glasses submit --dry-run` reports what would be uploaded and writes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger.workers import WorkerInfo, announce, withdraw
from tests.support.archives import contents, packed
from tests.support.classified_job import MODEL, face, outcome, submit_classified
from tests.support.commands import glasses
from tests.support.leftovers import stored_keys

JPEG = b"\xff\xd8\xff"


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    folder.mkdir()
    for n in range(6):
        (folder / f"{n}.jpg").write_bytes(JPEG + bytes([n]) * 1000)
    (folder / "twin.jpg").write_bytes(JPEG + bytes([5]) * 1000)
    (folder / "empty.jpg").touch()
    (folder / os.fsdecode(b"b\xff.XMP")).write_bytes(b"<x:xmpmeta/>")
    (folder / "film.mov").write_bytes(b"no photo")
    (folder / "@eaDir").mkdir()
    return folder


@pytest.fixture
def worker(client: Client) -> Iterator[None]:
    """Announce a worker that reports 2 photos/s and takes no chunk."""
    info = WorkerInfo(
        worker_id="test:2", processes=2, model=MODEL, threshold=0.5, started=0, seen=0,
        process_rate=1.0,
    )  # fmt: skip
    announce(client.redis, info)
    yield
    withdraw(client.redis, info.worker_id)


def everything(client: Client) -> tuple[dict[str, bytes], list[str]]:
    redis: Any = client.redis
    keys = sorted(key for key in redis.scan_iter() if "worker" not in key)
    return {key: redis.dump(key) for key in keys}, sorted(stored_keys(client))


def test_a_dry_run_counts_and_writes_nothing(
    client: Client, settings: Settings, collection: Path, worker: None, tmp_path: Path
) -> None:
    del worker
    first = tmp_path / "first"
    first.mkdir()
    (first / "0.jpg").write_bytes((collection / "0.jpg").read_bytes())
    submit_classified(client, first, {"0.jpg": outcome(face(0.9))})
    client.submit([collection / "1.jpg"])
    before = everything(client)
    done = glasses("submit", str(collection), "--dry-run", "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    assert everything(client) == before
    facts = json.loads(done.stdout)
    forecast = facts.pop("forecast")
    assert facts == {
        "photos": 8, "bytes": 7 * 1003, "to_upload": 4, "bytes_to_upload": 4 * 1003,
        "already_uploaded": 1, "in_place": 0, "already_classified": 1, "repeated": 1,
        "refused": {"empty": 1}, "ignored": {"mov": 1, "xmp": 1},
        "ignored_files": [str(collection / "b\udcff.XMP"), str(collection / "film.mov")],
        "skipped": {"@eaDir": 1}, "filtered": 0,
        "to_classify": 6, "model": MODEL,
    }  # fmt: skip
    assert forecast["photos_ahead"] == 7  # and one of the job that waits
    assert forecast["eta_seconds"] == pytest.approx(3.5)


def test_a_dry_run_predicts_what_submit_does(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    path = packed(tmp_path / "p.tar.gz", contents(collection), "tar.gz")
    told = glasses("submit", str(path), "--dry-run", settings=settings)
    assert told.stdout.splitlines() == [
        "photos     8, 7.0 kB",
        "to upload  6, 6.0 kB",
        "           1 duplicates of other photos in this submission",
        "to fail    1: 1 empty",
        "ignored    2: 1 mov, 1 xmp",
        "eta        unknown: no worker runs its model",
        "This was a dry run: nothing was sent.",
    ]
    assert told.stderr.splitlines() == [
        f"ignored {path}/b\\udcff.XMP", f"ignored {path}/film.mov"
    ]  # fmt: skip
    assert everything(client) == ({}, [])
    done = glasses("submit", str(path), "--detach", settings=settings)
    assert "8 photos: 6 uploaded, 1 failed before upload\n" in done.stderr
    assert "2 other files ignored: 1 mov, 1 xmp\n" in done.stderr
    told = glasses("submit", str(path), "--dry-run", settings=settings)
    assert told.stdout.splitlines()[1:3] == [
        "to upload  0, 0 bytes",
        "           7 already uploaded",
    ]

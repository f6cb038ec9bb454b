"""`glasses submit --dry-run`: what would be sent; nothing is written anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.settings import Settings
from glasses.workers import WorkerInfo, announce, withdraw
from tests.support.archives import contents, packed
from tests.support.commands import glasses
from tests.support.judged import MODEL, face, judged_job, outcome

JPEG = b"\xff\xd8\xff"


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    folder = tmp_path / "pile"
    folder.mkdir()
    for n in range(6):
        (folder / f"{n}.jpg").write_bytes(JPEG + bytes([n]) * 1000)
    (folder / "twin.jpg").write_bytes(JPEG + bytes([5]) * 1000)
    (folder / "empty.jpg").touch()
    return folder


@pytest.fixture
def worker(client: Client) -> Iterator[None]:
    """One that says it works at 2 photos/s, and takes nothing."""
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
    return {key: redis.dump(key) for key in keys}, sorted(client.store.keys(""))


def test_it_counts_and_writes_nothing(
    client: Client, settings: Settings, pile: Path, worker: None, tmp_path: Path
) -> None:
    del worker
    first = tmp_path / "first"
    first.mkdir()
    (first / "0.jpg").write_bytes((pile / "0.jpg").read_bytes())
    judged_job(client, first, {"0.jpg": outcome(face(0.9))})
    client.submit([pile / "1.jpg"])
    before = everything(client)
    done = glasses("submit", str(pile), "--dry-run", "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    assert everything(client) == before
    facts = json.loads(done.stdout)
    forecast = facts.pop("forecast")
    assert facts == {
        "photos": 8, "bytes": 7 * 1003, "to_upload": 4, "bytes_to_upload": 4 * 1003,
        "already_uploaded": 1, "in_place": 0, "already_classified": 1, "repeated": 1,
        "refused": {"empty": 1},
        "to_classify": 6, "model": MODEL,
    }  # fmt: skip
    assert forecast["photos_ahead"] == 7  # and one of the job that waits
    assert forecast["eta_seconds"] == pytest.approx(3.5)


def test_it_says_what_submit_then_does(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    path = packed(tmp_path / "p.tar.gz", contents(pile), "tar.gz")
    told = glasses("submit", str(path), "--dry-run", settings=settings)
    assert told.stdout.splitlines() == [
        "photos     8, 7.0 kB",
        "to upload  6, 6.0 kB",
        "           1 with the same bytes as another one here",
        "refused    1 unsent: 1 empty",
        "eta        unknown: no worker with its model runs",
        "This was a dry run: nothing was sent.",
    ]
    assert everything(client) == ({}, [])
    done = glasses("submit", str(path), "--detach", settings=settings)
    assert "8 photos: 6 uploaded, 1 refused unsent" in done.stderr
    told = glasses("submit", str(path), "--dry-run", settings=settings)
    assert told.stdout.splitlines()[1:3] == [
        "to upload  0, 0 bytes",
        "           7 already uploaded",
    ]
    wrong = glasses("submit", str(path), "--json", settings=settings)
    assert (wrong.returncode, wrong.stdout) == (2, "")

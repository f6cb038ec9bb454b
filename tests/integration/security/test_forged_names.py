"""Forged names in a manifest, a job or a heartbeat harm no command."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.ledger.workers import WorkerInfo, announce, withdraw
from glasses.storage.manifest import ManifestStore
from tests.support.classified_job import MODEL, face, outcome, submit_classified
from tests.support.commands import glasses_printed

NAMES = (
    "\0", "a\0b.jpg", "\n", "a\r\nb.jpg", "\x1b[2J\x1b]0;title\a.jpg", "\x9b2J.jpg",
    "\u202egpj.exe", "\udcff.jpg", "\ud800", "", ".", "..", "/", "//", "/etc/passwd",
    "../../../up.jpg", "a/../..",
    "x" * 300, "x" * 70_000, "n/" * 3000, " =1+1", "＝1+1", "\t=1", "-o", "肖像.jpg",
)  # fmt: skip
HOSTILE = "\x1b[2J\0\n\x9b1m\u202e"
DANGEROUS = ["\x1b", "\x9b", "\u202e", "\0", "\udcff", "\ud800"]


@pytest.fixture
def job(client: Client, demo_photos: Path, tmp_path: Path) -> Job:
    """Return a job whose manifest and Redis entry were written by an attacker."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(len(NAMES)):
        data = (demo_photos / "collins.jpg").read_bytes() + bytes([number])
        (folder / f"{number:02d}.jpg").write_bytes(data)
    found = outcome(face(0.98))
    job = submit_classified(client, folder, {path.name: found for path in folder.iterdir()})
    files = ManifestStore(client.store)
    forged = [
        entry.model_copy(update={"image": name, "path": name if number % 2 else entry.path})
        for number, (entry, name) in enumerate(zip(files.segment(job.id, 0), NAMES, strict=True))
    ]
    files.write_segment(job.id, 0, forged)
    redis: Any = client.redis
    spec = json.loads(redis.hget(keys.job(job.id), "spec")) | {"name": HOSTILE}
    redis.hset(keys.job(job.id), mapping={"spec": json.dumps(spec), "model": HOSTILE + MODEL})
    return job


def test_no_command_fails_on_them_or_prints_them_raw(
    job: Job, settings: Settings, tmp_path: Path
) -> None:
    corrections = tmp_path / "corrections.csv"
    with corrections.open("w", newline="", encoding="utf-8", errors="surrogatepass") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "correction"])
        rows.writerows(
            [name, "1"] for name in NAMES if "\ud800" not in name and "\udcff" not in name
        )
    into, labels = str(tmp_path / "sorted"), str(tmp_path / "labels")
    photos = tmp_path / "photos"
    photos.mkdir()
    for words in (
        ["status", job.id],
        ["watch", job.id],
        ["jobs"],
        ["results", job.id, "--format", "table"],
        ["results", job.id, "-o", str(tmp_path / "r.csv")],
        ["results", job.id, "--format", "jsonl"],
        ["results", job.id, "-o", str(tmp_path / "r.parquet")],
        ["sort", job.id, "--into", into, "--dry-run"],
        ["sort", job.id, "--into", into],
        ["sort", job.id, "--into", into, "--from", str(photos)],
        ["sort", job.id, "--into", into, "--undo"],
        ["report", job.id, "-o", str(tmp_path / "r.html")],
        ["correct", str(corrections), "--job", job.id, "--into", labels, "--no-evaluate"],
        ["correct", str(corrections), "--photos", str(photos), "--into", labels, "--no-evaluate"],
        ["reconcile", job.id],
        ["rm", job.id],
    ):
        code, said = glasses_printed(*words, settings=settings)
        assert code in {0, 1, 2}, (words, said[-3000:])
        assert not [mark for mark in DANGEROUS if mark in said], (words, ascii(said)[-3000:])
        assert code < 2 or words[0] == "correct", (words, said[-3000:])


def test_a_photo_with_an_impossible_name_is_skipped_and_the_others_are_sorted(
    job: Job, settings: Settings, tmp_path: Path
) -> None:
    code, said = glasses_printed(
        "sort", job.id, "--into", str(tmp_path / "sorted"), "--json", settings=settings
    )
    facts = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    kept = sum(facts["sorted"].values())
    assert code == 1
    assert kept + len(facts["skipped"]) == len(NAMES)
    assert kept > len(NAMES) // 4
    placed = list((tmp_path / "sorted").rglob("*.jpg"))
    assert all(path.is_relative_to(tmp_path / "sorted") for path in placed)
    shutil.rmtree(tmp_path / "sorted")


def test_names_of_workers_cannot_control_a_terminal(settings: Settings, client: Client) -> None:
    hostile = WorkerInfo(
        worker_id=HOSTILE + ":1", processes=1, model=HOSTILE, threshold=0.5, started=0, seen=0,
        read_folders=("/\udcff" + HOSTILE,),
    )  # fmt: skip
    announce(client.redis, hostile)
    try:
        for words in (["workers"], ["workers", "--json"], ["doctor"]):
            _, said = glasses_printed(*words, settings=settings)
            assert not [mark for mark in DANGEROUS if mark in said], (words, ascii(said))
    finally:
        withdraw(client.redis, hostile.worker_id)

"""Commands that need the photo again take photos that were not files from the object store or
left alone, with the reason."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.ledger.workers import WorkerInfo, announce, withdraw
from tests.support.archives import packed
from tests.support.buckets import OtherBucket
from tests.support.classified_job import MODEL, face, outcome
from tests.support.commands import glasses
from tests.support.stored_photos import stored

NAMES = ("album/a.jpg", "b.jpg")


@pytest.fixture
def job(client: Client, demo_photos: Path, tmp_path: Path, bucket: OtherBucket) -> str:
    """Return a classified job: two photos from a zip, two from a bucket, and a file."""
    data = {name: (demo_photos / "hopper.jpg").read_bytes() + name.encode() for name in NAMES}
    zip_ = packed(tmp_path / "photos.zip", data, "zip")
    for name in NAMES:
        bucket.put(f"collection/{name}", data[name] + b"in a bucket")
    (tmp_path / "file.jpg").write_bytes(data["b.jpg"] + b"a file")
    info = WorkerInfo(
        worker_id="test:3", processes=1, model=MODEL, threshold=0.5, started=0, seen=0
    )
    arguments = [zip_, f"s3://{bucket.name}/collection", tmp_path / "file.jpg"]
    client.submit(arguments)  # so that the bytes are in the object store
    for sha256 in stored(client):
        client.redis.hset(keys.photo(sha256), MODEL, outcome(face(0.98)).encode())
    announce(client.redis, info)
    found = client.submit(arguments)
    withdraw(client.redis, info.worker_id)
    assert found.status().classified == 5
    return found.id


def test_sort_skips_and_counts_them(job: str, settings: Settings, tmp_path: Path) -> None:
    arguments = ["sort", job, "--into", str(tmp_path / "out"), "--move"]
    done = glasses(*arguments, "--json", settings=settings)
    assert done.returncode == 1
    assert "skipped 2 photos: in an archive; unpack it" in done.stderr
    assert "skipped 2 photos: in a bucket; download it" in done.stderr
    facts = json.loads(done.stdout)
    assert facts["sorted"]["with"] == 1
    assert len(facts["skipped"]) == 4
    assert (tmp_path / "photos.zip").exists()
    with zipfile.ZipFile(tmp_path / "photos.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    done = glasses(*arguments, "--from", str(tmp_path / "unpacked"), "--json", settings=settings)
    assert json.loads(done.stdout)["sorted"]["with"] == 2
    assert (tmp_path / "out/with/photos.zip/album/a.jpg").exists()


def test_report_reads_their_pictures_from_the_object_store(
    job: str, settings: Settings, tmp_path: Path
) -> None:
    done = glasses("report", job, "-o", str(tmp_path / "r.html"), "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["thumbnails"] == 5
    text = (tmp_path / "r.html").read_text("utf-8")
    blocks = re.findall(r'class="photos">(.*?)</script>', text, re.DOTALL)
    links = {row[0]: row[10] for block in blocks for row in json.loads(block)}
    assert links == {
        "photos.zip/album/a.jpg": None, "photos.zip/b.jpg": None, "album/a.jpg": None,
        "b.jpg": None, "file.jpg": "file.jpg",
    }  # fmt: skip
    bare = ["report", job, "-o", str(tmp_path / "r.html"), "--no-thumbnails", "--json"]
    assert json.loads(glasses(*bare, settings=settings).stdout)["photos"] == 5


def test_correct_reads_them_from_the_object_store(
    job: str, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "corrections.csv"
    file.write_text(f"name,correction,job\nphotos.zip/b.jpg,0,{job}\nalbum/a.jpg,1,{job}\n")
    arguments = ["correct", str(file), "--into", str(tmp_path / "labels"), "--no-evaluate"]
    done = glasses(*arguments, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["labels"] == 2


def test_explain_says_that_it_requires_a_file(job: str, tmp_path: Path) -> None:
    del job
    for photo in ("s3://bucket/a.jpg", str(tmp_path / "photos.zip" / "b.jpg")):
        done = glasses("explain", photo)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Pass one local file" in done.stderr

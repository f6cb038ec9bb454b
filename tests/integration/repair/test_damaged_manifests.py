"""An unreadable manifest does not prevent the removal of other jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.storage.bucket import s3_client
from glasses.storage.manifest import ManifestStore
from glasses.storage.packs import read_photo
from tests.support.commands import glasses
from tests.support.leftovers import stored_keys
from tests.support.photos import photos

COUNT = 24


@pytest.fixture
def folder(demo_photos: Path, tmp_path: Path) -> Path:
    return photos(tmp_path / "in", demo_photos / "hopper.jpg", COUNT)


def segment(job_id: str) -> str:
    return f"jobs/{job_id}/manifest/00000000.jsonl"


def cut(data: bytes) -> bytes:
    """Truncate a manifest in the middle of a line."""
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:2]) + lines[2][:-20]


def unreadable(data: bytes) -> bytes:
    """Rewrite a manifest in a format that this version does not know."""
    return b"".join(
        json.dumps([sorted(json.loads(line).items(), key=str)]).encode() + b"\n"
        for line in data.splitlines()
    )


@pytest.mark.parametrize("damage", [cut, unreadable, lambda _: b"\xff\x00{"])
def test_a_damaged_manifest_does_not_stop_a_removal(
    settings: Settings, client: Client, folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    damaged = client.submit(sorted(folder.iterdir())[:3])
    whole = client.submit([folder])
    photos = ManifestStore(client.store).segment(damaged.id, 0)
    data = client.store.get(segment(damaged.id))
    assert data is not None
    client.store.put(segment(damaged.id), damage(data))
    done = glasses("rm", whole.id, settings=settings)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert f"job {damaged.id}" in done.stderr
    mentioned = [photo for photo in photos if str(photo.sha256).encode() in damage(data)]
    assert all(read_photo(client.store, photo) for photo in mentioned)
    done = glasses("rm", damaged.id, settings=settings)
    assert done.returncode == 0, done.stderr
    client.store.delete(client.store.keys("packs/"))  # of photos that no manifest names any more


def test_forged_object_names_do_not_stop_a_removal(
    settings: Settings, client: Client, folder: Path, s3_server: str
) -> None:
    if s3_server != "seaweedfs":
        pytest.skip("this server stores objects as files, whose names are limited")
    job = client.submit([folder])
    s3 = s3_client(settings)
    forged = [
        "jobs/line\nbreak/job.json",
        "jobs//job.json",
        "jobs/ABCDEFGH/manifest/00000000.jsonl",
        "jobs/abcdefgh/manifest/first.jsonl",
        "jobs/abcdefgh/manifest/00000000.jsonl",
        "jobs/\x01/manifest/00000000.jsonl",
        "jobs/manifest",
    ]
    for key in forged:
        s3.put_object(Bucket=settings.s3_bucket, Key=key, Body=b"no manifest")
    try:
        done = glasses("rm", job.id, settings=settings)
        assert done.returncode == 0, done.stderr
        assert f"job {job.id} removed, with {COUNT} photos" in done.stdout
        assert "job abcdefgh" in done.stderr
    finally:
        for key in forged:
            s3.delete_object(Bucket=settings.s3_bucket, Key=key)
    assert stored_keys(client) == []

"""Jobs on S3 servers of several makers: the same rows, sources from buckets, removal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.storage.bucket import s3_client
from tests.support.buckets import other_bucket
from tests.support.commands import glasses, glasses_output
from tests.support.jobs import failure_reasons
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.stored_photos import stored
from tests.support.workers import Worker

JPEG = b"\xff\xd8\xff"
NAMES = ["hopper.jpg", "collins.jpg", "cat.jpg", "hopper-12-megapixels.jpg"]


@cache
def rows_without_servers(folder: Path) -> str:
    return glasses_output("classify", *(folder / name for name in NAMES), "--format", "jsonl")


def test_rows_are_those_of_classify_and_removal_leaves_nothing(
    client: Client, settings: Settings, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    start_worker()
    small = client.submit([demo_photos / name for name in NAMES])
    shared = client.submit([demo_photos / "cat.jpg"])
    assert small.wait(90).pending == 0
    found = glasses_output("results", small.id, "--format", "jsonl", settings=settings)
    rows, expected = (
        [json.loads(line) for line in text.splitlines()]
        for text in (found, rows_without_servers(demo_photos))
    )
    for row in rows + expected:
        row.pop("job_id", None)
    assert rows == expected
    shared.wait(60)
    said = glasses_output("rm", small.id, settings=settings)
    assert said == f"job {small.id} removed, with 3 photos; 1 kept for other jobs\n"
    cat = (demo_photos / "cat.jpg").read_bytes()
    assert stored(client) == {hashlib.sha256(cat).hexdigest(): cat}
    assert glasses("rm", shared.id, settings=settings).returncode == 0
    assert stored_keys(client) == []


def test_photos_of_a_bucket_are_copied_by_the_server(client: Client, settings: Settings) -> None:
    data = {f"in/{n}.jpg": JPEG + str(n % 4).encode() for n in range(12)}
    with other_bucket(settings) as other:
        for name, content in data.items():
            other.put(name, content)
        job = client.submit([f"s3://{other.name}/in"])
    assert stored(client) == {hashlib.sha256(each).hexdigest(): each for each in data.values()}
    assert job.status().submitted == 12


def test_a_removal_splits_a_pack_and_aborts_unfinished_uploads(
    client: Client, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 6)
    job = client.submit([folder])
    other = client.submit([folder / "0002.jpg"])
    (pack,) = client.store.keys("packs/")
    s3: Any = s3_client(settings)
    upload = s3.create_multipart_upload(Bucket=settings.s3_bucket, Key=pack)["UploadId"]
    s3.upload_part(
        Bucket=settings.s3_bucket, Key=pack, UploadId=upload, PartNumber=1, Body=bytes(99)
    )
    assert job.remove() == 5
    assert not s3.list_multipart_uploads(Bucket=settings.s3_bucket).get("Uploads")
    kept = (folder / "0002.jpg").read_bytes()
    assert stored(client) == {hashlib.sha256(kept).hexdigest(): kept}
    assert failure_reasons(other) == {}
    assert other.remove() == 1
    assert stored_keys(client) == []

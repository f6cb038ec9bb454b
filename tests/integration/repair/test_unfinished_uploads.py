"""Unfinished multipart uploads take space that no object listing shows."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.jobs.expiry import expire
from glasses.storage.bucket import s3_client
from glasses.storage.object_store import ObjectStore
from tests.support.commands import start_glasses
from tests.support.proxy import proxy
from tests.support.wait import wait_until

LARGE_MB = 40


def unfinished(settings: Settings) -> list[str]:
    s3: Any = s3_client(settings)
    try:
        answer = s3.list_multipart_uploads(Bucket=settings.s3_bucket)
    except s3.exceptions.NoSuchUpload:  # as rclone says that there is none
        return []
    return [upload["Key"] for upload in answer.get("Uploads", ())]


def begin(settings: Settings, key: str) -> None:
    """Begin a multipart upload and send one part."""
    s3: Any = s3_client(settings)
    upload = s3.create_multipart_upload(Bucket=settings.s3_bucket, Key=key)["UploadId"]
    s3.upload_part(
        Bucket=settings.s3_bucket, Key=key, UploadId=upload, PartNumber=1, Body=bytes(5 << 20)
    )


def test_a_removal_aborts_the_unfinished_uploads_of_a_killed_submitter(
    settings: Settings, client: Client, demo_photos: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "large.jpg"
    photo.write_bytes((demo_photos / "hopper.jpg").read_bytes() + os.urandom(LARGE_MB << 20))
    port = int(str(settings.s3_endpoint).rsplit(":", 1)[1])
    with proxy(port) as slow:
        slow.delay = 0.02
        through = settings.model_copy(update={"s3_endpoint": f"http://127.0.0.1:{slow.port}"})
        submitter = start_glasses("submit", photo, "--detach", settings=through, stderr=None)
        assert submitter.stdout is not None
        job_id = submitter.stdout.readline().strip()
        wait_until(lambda: unfinished(settings))
        submitter.kill()
        submitter.communicate()
    begin(settings, "packs/" + "0" * 32)  # of a job that continues
    client.job(job_id).remove()
    assert unfinished(settings) == ["packs/" + "0" * 32]
    client.store.abort_uploads(lambda _: True)


def test_old_unfinished_uploads_expire(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch, s3_server: str
) -> None:
    if s3_server == "rclone":
        pytest.skip("this server does not list unfinished uploads of unusual keys")
    for key in ("images/old", "images/a\nb"):
        begin(settings, key)
    assert expire(settings, client.redis, client.store).uploads == 0
    assert len(unfinished(settings)) == 2
    later = ObjectStore.now(client.store) + timedelta(days=1, hours=1)
    monkeypatch.setattr(ObjectStore, "now", lambda _: later)
    assert expire(settings, client.redis, client.store).uploads == 2
    assert unfinished(settings) == []


def test_the_bucket_has_a_lifecycle_rule_for_unfinished_uploads(
    settings: Settings, s3_server: str
) -> None:
    if s3_server != "seaweedfs":
        pytest.skip("this server stores no lifecycle rules")
    ObjectStore(settings).ensure_bucket(settings.retention_days)
    s3: Any = s3_client(settings)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=settings.s3_bucket)["Rules"]
    assert [rule["Filter"]["Prefix"] for rule in rules] == ["images/", "packs/", "jobs/"]
    for rule in rules:
        assert rule["Expiration"] == {"Days": 2 * settings.retention_days}
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}

"""Photos that are already in a bucket of the object store."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydantic import SecretStr

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.errors import InfrastructureError, UsageError
from glasses.jobs.submission import SubmissionProgress
from glasses.sources.arguments import PhotoSelection
from tests.support.buckets import OtherBucket
from tests.support.stored_photos import stored

JPEG = b"\xff\xd8\xff"


def submitted(
    client: Client, *arguments: str, **options: list[str] | bool
) -> tuple[Job, SubmissionProgress]:
    seen: list[SubmissionProgress] = []
    job = client.submit(arguments, on_progress=seen.append, **options)  # type: ignore[arg-type]
    return job, seen[-1]


def images(job: Job, client: Client) -> dict[str, str | None]:
    from glasses.storage.manifest import ManifestStore

    entries = [entry for part in ManifestStore(client.store).all_segments(job.id) for entry in part]
    assert {(entry.origin, entry.path) for entry in entries} == {("bucket", None)}
    assert all(str(entry.given_path).endswith(f"/{entry.image}") for entry in entries)
    return {entry.image: entry.reason for entry in entries}


def test_photos_are_copied_once_per_content(client: Client, bucket: OtherBucket) -> None:
    data = {f"a/{n}.jpg": JPEG + str(n % 30).encode() for n in range(300)}
    for name, content in data.items():
        bucket.put(f"collection/{name}", content)
    _, progress = submitted(client, f"s3://{bucket.name}/collection/")
    assert progress.hashed == 300
    assert len(list(client.store.keys("packs/"))) == 30
    assert stored(client) == {hashlib.sha256(each).hexdigest(): each for each in data.values()}
    _, again = submitted(client, f"s3://{bucket.name}/collection")
    assert (again.hashed, again.uploaded, again.present) == (300, 0, 300)


def test_photos_with_unusual_keys_are_accepted(
    client: Client, bucket: OtherBucket, s3_server: str
) -> None:
    if s3_server != "seaweedfs":
        pytest.skip("this server stores objects as files, whose names are limited")
    keys = [
        "p/new\nline.jpg", "p/\x1b[31m.jpg", "p/#?*%41.jpg", "p/ü ☃.jpg", "p/deep/er/a.jpg",
        "p/.hidden.jpg", "p/.cache/a.jpg", "p/folder/", "pp/other.jpg", "p.jpg",
    ]  # fmt: skip
    for key in keys:
        bucket.put(key, JPEG + key.encode())
    job, progress = submitted(client, f"s3://{bucket.name}/p")
    assert images(job, client) == dict.fromkeys(
        ["new\nline.jpg", "\x1b[31m.jpg", "#?*%41.jpg", "ü ☃.jpg", "deep/er/a.jpg"], None
    )
    assert progress.uploaded == 5
    one, _ = submitted(client, f"s3://{bucket.name}/p.jpg")
    assert images(one, client) == {"p.jpg": None}
    some, _ = submitted(client, f"s3://{bucket.name}/p", include=["deep/*"], exclude=[])
    assert list(images(some, client)) == ["deep/er/a.jpg"]


def test_objects_that_are_not_photos_are_ignored_unless_named_and_never_copied(
    client: Client, settings: Settings, bucket: OtherBucket
) -> None:
    small = Client(settings.model_copy(update={"max_file_mb": 1}))
    bucket.put("empty.jpg", b"")
    bucket.put("notes.txt", b"no photo")
    bucket.put("empty", b"")
    bucket.put("page.jpg", b"no photo")
    bucket.put("film.MOV", bytes(2 << 20))
    bucket.put("@eaDir/a.jpg", JPEG)
    bucket.put("drafts/A.JPG", JPEG)
    bucket.put("a photo", JPEG)
    bucket.put("large.jpg", JPEG + bytes(1 << 20))
    failures = {"empty.jpg": "empty", "page.jpg": "not_an_image", "large.jpg": "file_too_large"}
    with small:
        job, progress = submitted(small, f"s3://{bucket.name}", exclude=["drafts/*", "a photo"])
        named, _ = submitted(small, f"s3://{bucket.name}/notes.txt")
        strict, _ = submitted(small, f"s3://{bucket.name}", strict=True, include=["*.mov"])
        found, _ = submitted(small, f"s3://{bucket.name}", include=["*a*.jpg", "a*"])
    assert images(job, client) == failures
    assert job.status().ignored == {"mov": 1, "no suffix": 1, "txt": 1}
    assert progress.left_out.skipped == {"@eaDir": 1}
    assert progress.left_out.filtered == 2
    assert images(named, client) == {"notes.txt": "not_an_image"}
    assert images(strict, client) == {"film.MOV": "file_too_large"}
    assert images(found, client) == {
        "a photo": None, "drafts/A.JPG": None, "large.jpg": "file_too_large",
        "page.jpg": "not_an_image",
    }  # fmt: skip
    assert progress.uploaded == 0
    assert list(client.store.keys("images/")) == []


def test_an_object_that_changes_or_vanishes_between_hashing_and_copying_fails_alone(
    client: Client, settings: Settings, bucket: OtherBucket, s3_server: str
) -> None:
    if s3_server == "rclone":
        pytest.skip("this server copies an object even if it has changed")
    for name in ("changed", "gone", "stays"):
        bucket.put(name, JPEG + name.encode())
    photos = list(PhotoSelection([f"s3://{bucket.name}"]).photos(settings))
    entries = {photo.image: photo.examine(1 << 20) for photo in photos}
    bucket.put("changed", JPEG + b"other")
    bucket.delete("gone")
    sent = {
        p.image: p.send(client.store, entries[p.image].sha256 or "", "images/" + p.image)
        for p in photos
    }
    assert sent == {"changed": False, "gone": False, "stays": True}
    assert len(list(client.store.keys("images/"))) == 1
    gone = next(photo for photo in photos if photo.image == "gone")
    assert gone.examine(1 << 20).reason == "unreadable"


def test_stored_photos_and_manifests_of_jobs_are_not_a_source(
    client: Client, demo_photos: Path
) -> None:
    client.submit([demo_photos / "hopper.jpg"])
    client.store.put("collection/a.jpg", JPEG)
    job, progress = submitted(client, f"s3://{client.store.bucket}")
    assert images(job, client) == {"collection/a.jpg": None}
    assert progress.uploaded == 1
    client.store.delete(["collection/a.jpg"])
    with pytest.raises(UsageError, match="no object has this name or prefix"):
        client.submit([f"s3://{client.store.bucket}/images"])


def test_invalid_buckets_are_reported_before_any_work(
    client: Client, settings: Settings, bucket: OtherBucket
) -> None:
    for argument, told in (
        ("s3://no-such-bucket/x", "NoSuchBucket"),
        ("s3://No such name!/x", "names no bucket"),
        (f"s3://{bucket.name}/nothing", "no object has this name or prefix"),
        ("s3://", "names no bucket"),
    ):
        with pytest.raises(UsageError, match=told):
            client.submit([argument])
    stranger = settings.model_copy(update={"s3_secret_key": SecretStr("wrong-hunter2")})
    with pytest.raises(InfrastructureError, match="rejects the secret key") as caught:
        PhotoSelection([f"s3://{bucket.name}"]).check(stranger)
    assert "hunter2" not in str(caught.value)
    nowhere = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    with pytest.raises(InfrastructureError, match=r"127\.0\.0\.1:9"):
        PhotoSelection([f"s3://{bucket.name}"]).check(nowhere)
    assert client.jobs() == []

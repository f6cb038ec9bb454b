"""Photos that lie in a bucket of the object store already."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydantic import SecretStr

from glasses.client import Client, Job
from glasses.errors import InfrastructureError, UsageError
from glasses.object_store import image_key
from glasses.settings import Settings
from glasses.sources.arguments import Wanted
from glasses.submission import Progress
from tests.support.buckets import OtherBucket

JPEG = b"\xff\xd8\xff"


def submitted(client: Client, *arguments: str, **options: list[str]) -> tuple[Job, Progress]:
    seen: list[Progress] = []
    job = client.submit(arguments, on_progress=seen.append, **options)  # type: ignore[arg-type]
    return job, seen[-1]


def images(job: Job, client: Client) -> dict[str, str | None]:
    from glasses.job_files import JobFiles

    entries = [entry for part in JobFiles(client.store).all_segments(job.id) for entry in part]
    assert {(entry.origin, entry.path) for entry in entries} == {("bucket", None)}
    return {entry.image: entry.reason for entry in entries}


def test_photos_are_copied_by_content_and_only_once(client: Client, bucket: OtherBucket) -> None:
    data = {f"a/{n}.jpg": JPEG + str(n % 30).encode() for n in range(300)}
    for name, content in data.items():
        bucket.put(f"pile/{name}", content)
    _, progress = submitted(client, f"s3://{bucket.name}/pile/")
    assert progress.hashed == 300
    assert len(list(client.store.keys("images/"))) == 30
    for content in data.values():
        assert client.store.get(image_key(hashlib.sha256(content).hexdigest())) == content
    _, again = submitted(client, f"s3://{bucket.name}/pile")
    assert (again.hashed, again.uploaded, again.present) == (300, 0, 300)


def test_odd_keys_are_photos_as_well(client: Client, bucket: OtherBucket) -> None:
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


def test_what_is_no_photo_is_named_and_not_copied(
    client: Client, settings: Settings, bucket: OtherBucket
) -> None:
    small = Client(settings.model_copy(update={"max_file_mb": 1}))
    bucket.put("empty.jpg", b"")
    bucket.put("notes.txt", b"no photo")
    bucket.put("large.jpg", JPEG + bytes(1 << 20))
    with small:
        job, progress = submitted(small, f"s3://{bucket.name}")
    assert images(job, client) == {
        "empty.jpg": "empty", "notes.txt": "not_an_image", "large.jpg": "file_too_large",
    }  # fmt: skip
    assert progress.uploaded == 0
    assert list(client.store.keys("images/")) == []


def test_object_that_changes_or_goes_between_hashing_and_copying_fails_alone(
    client: Client, settings: Settings, bucket: OtherBucket
) -> None:
    for name in ("changed", "gone", "stays"):
        bucket.put(name, JPEG + name.encode())
    photos = list(Wanted([f"s3://{bucket.name}"]).photos(settings))
    entries = {photo.image: photo.examine(1 << 20) for photo in photos}
    bucket.put("changed", JPEG + b"other")
    bucket.delete("gone")
    sent = {p.image: p.send(client.store, entries[p.image].sha256 or "") for p in photos}
    assert sent == {"changed": False, "gone": False, "stays": True}
    assert len(list(client.store.keys("images/"))) == 1
    gone = next(photo for photo in photos if photo.image == "gone")
    assert gone.examine(1 << 20).reason == "unreadable"


def test_own_photos_and_manifests_are_no_source(client: Client, demo_photos: Path) -> None:
    client.submit([demo_photos / "hopper.jpg"])
    client.store.put("pile/a.jpg", JPEG)
    job, progress = submitted(client, f"s3://{client.store.bucket}")
    assert images(job, client) == {"pile/a.jpg": None}
    assert progress.uploaded == 1
    client.store.delete(["pile/a.jpg"])
    with pytest.raises(UsageError, match="nothing lies there"):
        client.submit([f"s3://{client.store.bucket}/images"])


def test_wrong_buckets_are_told_before_anything_is_done(
    client: Client, settings: Settings, bucket: OtherBucket
) -> None:
    for argument, told in (
        ("s3://no-such-bucket/x", "NoSuchBucket"),
        ("s3://No such name!/x", "names no bucket"),
        (f"s3://{bucket.name}/nothing", "nothing lies there"),
        ("s3://", "names no bucket"),
    ):
        with pytest.raises(UsageError, match=told):
            client.submit([argument])
    stranger = settings.model_copy(update={"s3_secret_key": SecretStr("wrong-hunter2")})
    with pytest.raises(InfrastructureError, match="refuses the secret key") as caught:
        Wanted([f"s3://{bucket.name}"]).check(stranger)
    assert "hunter2" not in str(caught.value)
    nowhere = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    with pytest.raises(InfrastructureError, match=r"127\.0\.0\.1:9"):
        Wanted([f"s3://{bucket.name}"]).check(nowhere)
    assert client.jobs() == []

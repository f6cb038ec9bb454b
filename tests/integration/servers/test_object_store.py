"""The object store client against a real S3 server that checks signatures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.errors import InfrastructureError
from glasses.protocol.schemas import JobSpec, ManifestEntry
from glasses.storage.manifest import SEGMENT, ManifestStore
from glasses.storage.object_store import ObjectStore

JOB = "abcdefgh"


@pytest.fixture
def store(client: Client) -> Iterator[ObjectStore]:
    yield client.store
    client.store.delete(client.store.keys(""))


def test_an_object_can_be_put_read_listed_and_deleted(store: ObjectStore) -> None:
    store.put("images/a", b"one")
    store.put("images/b", b"")
    assert store.get("images/a") == b"one"
    assert store.get("images/b") == b""
    assert sorted(store.keys("images/")) == ["images/a", "images/b"]
    assert store.delete(["images/a", "images/never-there"]) == 2
    assert store.get("images/a") is None
    assert list(store.keys("images/")) == ["images/b"]


def test_more_objects_than_one_page_are_listed_and_deleted(store: ObjectStore) -> None:
    for number in range(1005):
        store.put(f"many/{number:04d}", b"x")
    assert len(list(store.keys("many/"))) == 1005
    store.delete(store.keys("many/"))
    assert list(store.keys("many/")) == []


@pytest.mark.parametrize("name", ["s3_access_key", "s3_secret_key"])
def test_wrong_credentials_are_rejected_and_never_shown(settings: Settings, name: str) -> None:
    wrong = settings.model_copy(update={name: SecretStr("wrong-hunter2")})
    with pytest.raises(
        InfrastructureError, match="Check s3_access_key and s3_secret_key"
    ) as caught:
        ObjectStore(wrong).put("images/a", b"x")
    shown = str(caught.value)
    assert "hunter2" not in shown
    assert settings.s3_secret_key is not None
    assert settings.s3_secret_key.get_secret_value() not in shown


def test_an_unreachable_server_is_named(settings: Settings) -> None:
    nowhere = settings.model_copy(
        update={"s3_endpoint": "http://127.0.0.1:9", "s3_retry_seconds": 0.2}
    )
    with pytest.raises(InfrastructureError, match=r"127\.0\.0\.1:9") as caught:
        ObjectStore(nowhere).get("images/a")
    assert "HTTP error" in str(caught.value)
    assert "retries" not in str(caught.value)


def test_a_manifest_reads_back_unchanged(store: ObjectStore) -> None:
    files = ManifestStore(store)
    names = [f"{number}.jpg" for number in range(SEGMENT + 10)]
    names[3] = "line\nbreak, \udcff not UTF-8, 肖像.jpg"
    entries = [ManifestEntry(image=name, sha256="0" * 64, size=1) for name in names]
    files.write_segment(JOB, 0, entries[:SEGMENT])
    files.write_segment(JOB, 1, entries[SEGMENT:])
    fresh = ManifestStore(store)
    assert [e for part in fresh.all_segments(JOB) for e in part] == entries
    assert fresh.entries(JOB, SEGMENT - 2, 4) == entries[SEGMENT - 2 : SEGMENT + 2]
    assert fresh.entries(JOB, SEGMENT + 8, 10) == entries[-2:]
    assert fresh.entries("hgfedcba", 0, 10) == []


def test_the_specification_of_a_job_is_stored_with_its_manifest(store: ObjectStore) -> None:
    spec = JobSpec(job_id=JOB, name="n", created=1.0, chunk_size=32, retention_seconds=60)
    ManifestStore(store).write_spec(spec)
    data = store.get(f"jobs/{JOB}/job.json")
    assert data is not None
    assert JobSpec.model_validate_json(data) == spec

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from glasses.errors import UnreadableJobError
from glasses.protocol.schemas import (
    SCHEMA_VERSION,
    ChunkMessage,
    JobSpec,
    ManifestEntry,
    newer_schema,
)

JOB = "abcd2345"
SPEC: dict[str, Any] = {
    "job_id": JOB, "name": "photos", "created": 1.0, "chunk_size": 32, "retention_seconds": 60,
}  # fmt: skip


def test_a_message_without_newer_fields_still_parses() -> None:
    assert ChunkMessage.model_validate({"job_id": JOB, "start": 0, "count": 1}).start == 0
    spec = JobSpec.model_validate(SPEC)
    assert (spec.threshold, spec.faces) == (None, "any")
    assert JobSpec.model_validate(SPEC | {"schema_version": 1}).schema_version == 1
    assert ManifestEntry.model_validate({"image": "a.jpg"}).reason is None


def test_fields_of_a_newer_release_are_ignored() -> None:
    message = {"job_id": JOB, "start": 0, "count": 1, "trace": "x"}
    assert "trace" not in ChunkMessage.model_validate(message).model_dump()
    JobSpec.model_validate(SPEC | {"colour": "red"})
    ManifestEntry.model_validate({"image": "a.jpg", "mtime": 1})


def test_a_message_of_another_version_is_rejected() -> None:
    with pytest.raises(ValidationError):
        ChunkMessage.model_validate(
            {"schema_version": SCHEMA_VERSION + 1, "job_id": JOB, "start": 0, "count": 1}
        )


@pytest.mark.parametrize(
    "job_id",
    ["", "abcd234", "abcd23456", "ABCD2345", "abcd1890", "../..../", "abcd2345\n", "{tag}234", 5],
)
def test_an_invalid_job_id_is_rejected(job_id: Any) -> None:
    with pytest.raises(ValidationError):
        ChunkMessage.model_validate({"job_id": job_id, "start": 0, "count": 1})
    with pytest.raises(ValidationError):
        JobSpec.model_validate(SPEC | {"job_id": job_id})


@pytest.mark.parametrize("sha256", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "../" + "0" * 61])
def test_an_invalid_content_hash_is_rejected(sha256: str) -> None:
    with pytest.raises(ValidationError):
        ManifestEntry(image="a.jpg", sha256=sha256)


@pytest.mark.parametrize(("start", "count"), [(-1, 1), (0, 0), (0, 65), (0, -3)])
def test_a_chunk_of_impossible_size_is_rejected(start: int, count: int) -> None:
    with pytest.raises(ValidationError):
        ChunkMessage(job_id=JOB, start=start, count=count)


@pytest.mark.parametrize(("start", "count"), [(0, 1), (32, 32), (999_936, 64)])
def test_a_chunk_name_of_the_ledger_converts_to_its_message(start: int, count: int) -> None:
    chunk = ChunkMessage(job_id=JOB, start=start, count=count)
    assert ChunkMessage.of(JOB, chunk.chunk_id) == chunk
    assert ChunkMessage.model_validate_json(chunk.model_dump_json()) == chunk


@pytest.mark.parametrize("chunk_id", ["", "5", "a+b", "1+2+3", "-1+4", "0+0"])
def test_an_invalid_chunk_name_is_rejected(chunk_id: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ChunkMessage.of(JOB, chunk_id)


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ChunkMessage(job_id=JOB, start=0, count=1).start = 5  # type: ignore[misc]


def test_a_job_of_a_newer_version_is_rejected_with_a_remedy() -> None:
    spec = JobSpec.model_validate(SPEC)
    assert JobSpec.parse(JOB, spec.model_dump_json()) == spec
    newer = spec.model_dump_json().replace(
        f'"schema_version":{SCHEMA_VERSION}', f'"schema_version":{SCHEMA_VERSION + 1}'
    )
    with pytest.raises(UnreadableJobError, match="install that version"):
        JobSpec.parse(JOB, newer)


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"schema_version": "9"}'])
def test_a_damaged_job_specification_is_named(text: str) -> None:
    with pytest.raises(UnreadableJobError, match="damaged"):
        JobSpec.parse(JOB, text)


def test_jobs_and_messages_have_one_schema_version() -> None:
    spec = JobSpec.model_validate(SPEC)
    chunk = ChunkMessage(job_id=JOB, start=0, count=1)
    assert spec.schema_version == chunk.schema_version == SCHEMA_VERSION
    assert newer_schema(chunk.model_dump()) is None
    assert newer_schema(chunk.model_dump() | {"schema_version": 7}) == 7
    assert newer_schema("no message") is None

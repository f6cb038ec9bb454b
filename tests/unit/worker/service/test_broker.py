"""Every message from the queue is rebuilt or rejected by name."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasses.client import Client
from glasses.ledger.partitions import (
    PRIORITY_BULK,
    PRIORITY_SMALL,
    list_name,
    partition_of,
    queue_name,
)
from glasses.ledger.queue import CLASSIFY_CHUNK, PING, REPAIR, send_chunk, send_ping
from glasses.protocol.schemas import SCHEMA_VERSION, ChunkMessage
from tests.support.message_strategies import BODIES, CHUNK, HEADERS, JSON, PROPERTIES
from tests.support.messages import arguments, changed, message
from worker.service import broker
from worker.service.broker import ForeignMessageError, Rejections, rebuild_message
from worker.service.celery_app import make_app

LIST = list_name(partition_of("abcdefgh"), PRIORITY_SMALL)


def argument(built: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(built["body"]))[0][0]


def clean(built: dict[str, Any]) -> dict[str, Any]:
    """Return a rebuilt message without its random ids."""
    ids = {built["headers"].pop("id"), built["headers"].pop("root_id")}
    ids |= {built["properties"].pop("correlation_id"), built["properties"].pop("delivery_tag")}
    assert len(ids) == 1
    assert len(ids.pop()) == 36
    return built


OURS = clean(rebuild_message(message(CLASSIFY_CHUNK, arguments(CHUNK)).encode(), LIST))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(HEADERS, PROPERTIES, BODIES)
def test_forged_headers_and_properties_change_nothing(
    headers: dict[str, Any], properties: dict[str, Any], body: Any
) -> None:
    text = message(CLASSIFY_CHUNK, arguments(CHUNK), headers=headers, properties=properties)
    try:
        assert clean(rebuild_message(text.encode(), LIST)) == OURS
    except ForeignMessageError:
        assert headers.keys() & {"task", "compression"} or "body_encoding" in properties or (
            "NaN" in text or "Infinity" in text
        )  # fmt: skip
    try:
        built = rebuild_message(message(CLASSIFY_CHUNK, json.dumps(body).encode()).encode(), LIST)
    except ForeignMessageError:
        return
    ChunkMessage.model_validate(argument(built))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_invalid_messages_are_rejected(raw: bytes) -> None:
    with pytest.raises(ForeignMessageError):
        rebuild_message(raw, LIST)


@settings(
    max_examples=50, derandomize=True, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.text(st.characters(codec="ascii"), min_size=12, max_size=30))
def test_a_rejection_never_quotes_the_message(secret: str) -> None:
    texts = [
        message(secret, arguments(secret)),
        message(CLASSIFY_CHUNK, arguments(CHUNK | {"job_id": secret})),
        message(CLASSIFY_CHUNK, arguments(CHUNK | {secret: secret, "count": secret})),
        message(PING, arguments(secret + " ")),
        message(CLASSIFY_CHUNK, arguments(CHUNK), content_type=secret),
        changed(message(CLASSIFY_CHUNK, arguments(CHUNK)), body=secret + "~"),
        secret,
    ]
    for text in texts:
        with pytest.raises(ForeignMessageError) as raised:
            rebuild_message(text.encode(), LIST)
        assert secret not in str(raised.value)


def test_partition_and_priority_follow_from_the_list() -> None:
    text = message(CLASSIFY_CHUNK, arguments(CHUNK), properties={"priority": 9}).encode()
    built = rebuild_message(text, list_name(3, PRIORITY_BULK))
    assert built["properties"]["priority"] == PRIORITY_BULK
    assert built["properties"]["delivery_info"]["routing_key"] == queue_name(3)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_older_chunks_are_accepted(version: int) -> None:
    text = message(CLASSIFY_CHUNK, arguments(CHUNK | {"schema_version": version}))
    assert argument(rebuild_message(text.encode(), LIST))["schema_version"] == version


def test_a_newer_chunk_keeps_its_unknown_fields() -> None:
    newer = CHUNK | {"schema_version": SCHEMA_VERSION + 1, "new": ["field"]}
    text = message(CLASSIFY_CHUNK, arguments(newer))
    assert argument(rebuild_message(text.encode(), LIST)) == newer


def test_our_messages_equal_those_of_celery(client: Client) -> None:
    redis: Any = client.redis
    chunk = ChunkMessage(job_id="abcdefgh", start=8, count=4)
    send_chunk(redis, chunk, PRIORITY_BULK)
    send_ping(redis, "token")
    with make_app(client.settings) as app:
        app.send_task(
            CLASSIFY_CHUNK,
            args=[chunk.model_dump()],
            queue=queue_name(partition_of(chunk.job_id)),
            priority=PRIORITY_BULK,
        )
        app.send_task(PING, args=["token"], queue=queue_name(0))
    for place in ((partition_of(chunk.job_id), PRIORITY_BULK), (0, PRIORITY_SMALL)):
        ours, celerys = (redis.rpop(list_name(*place)).encode() for _ in range(2))
        built = [clean(rebuild_message(each, list_name(*place))) for each in (ours, celerys)]
        assert built[0] == built[1] == clean(json.loads(ours))
    client.redis.flushdb()


@pytest.mark.parametrize("job_id", ["abcdefgh", None])
def test_repair_messages_are_accepted(job_id: str | None) -> None:
    text = message(REPAIR, arguments(job_id))
    assert argument(rebuild_message(text.encode(), LIST)) == job_id


@pytest.mark.parametrize("job_id", ["../../ab", "abcdefgh\n", "", 7, ["abcdefgh"], "ABCDEFGH"])
def test_repair_messages_with_an_invalid_job_are_rejected(job_id: object) -> None:
    with pytest.raises(ForeignMessageError, match="wrong arguments"):
        rebuild_message(message(REPAIR, arguments(job_id)).encode(), LIST)


def test_rejections_are_summarized(caplog: pytest.LogCaptureFixture) -> None:
    later: list[tuple[float, Callable[[], None]]] = []
    rejections = Rejections(lambda seconds, do: later.append((seconds, do)))
    for _ in range(1000):
        rejections.add("not JSON")
    rejections.add("not a chunk")
    ((seconds, flush),) = later
    assert seconds == broker.LOG_SECONDS
    flush()
    flush()
    assert caplog.messages == [
        "rejected 1 message that glasses did not send: 1 not JSON",
        "rejected 1000 messages that glasses did not send: 999 not JSON, 1 not a chunk",
    ]


def test_rejections_are_logged_after_the_event_loop_lost_its_timers(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "LOG_SECONDS", 0.0)
    rejections = Rejections(lambda *_: None)
    for _ in range(3):
        rejections.add("not JSON")
    assert len(caplog.messages) == 3

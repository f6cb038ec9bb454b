"""Messages from the queue are rebuilt or rejected by name, and the worker continues."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import psutil

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger.partitions import PRIORITY_SMALL, list_name, partition_of
from glasses.ledger.queue import CLASSIFY_CHUNK, PING, depth
from tests.chaos.message_fuzz import Fuzz, rejected
from tests.support.message_strategies import BODIES, HEADERS, PROPERTIES
from tests.support.messages import arguments, changed, message
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker

CHUNK = {"schema_version": 2, "job_id": "abcdefgh", "start": 0, "count": 1}
PICKLED = Path("/tmp/glasses-was-unpickled")
SIGNATURE = {"task": PING, "args": ["x"], "kwargs": {}, "options": {}, "subtask_type": None}


class Bomb:
    def __reduce__(self) -> Any:
        return (PICKLED.touch, ())


def chunk(**changes: Any) -> str:
    return message(CLASSIFY_CHUNK, arguments(CHUNK | changes))


FOREIGN = {
    "not JSON": ["garbage", "[" * 10**4, '{"body": NaN}', b"\xff\xfe", chunk()[:-9], "9" * 9999],
    "not a Celery message": ['{"body": "x"}', "[]", "7", changed(chunk(), headers=[])],
    "larger than": [message(CLASSIFY_CHUNK, arguments("x" * 2**24))],
    "unknown task": [message("os.system", arguments("true")), message([], arguments(CHUNK))],
    "body not JSON": [
        message(CLASSIFY_CHUNK, pickle.dumps([[Bomb()], {}, {}]), "application/x-python-serialize"),
        message(CLASSIFY_CHUNK, arguments(CHUNK), headers={"compression": "application/x-gzip"}),
        message(CLASSIFY_CHUNK, arguments(CHUNK), properties={"body_encoding": "rot13"}),
    ],
    "damaged body": [
        message(CLASSIFY_CHUNK, b"[" * 5000 + b"]" * 5000),
        changed(chunk(), body="~~~~"),
        message(CLASSIFY_CHUNK, b"\xff"),
    ],
    "wrong arguments": [
        message(CLASSIFY_CHUNK, b"{}"),
        message(CLASSIFY_CHUNK, b'["x"]'),
        message(CLASSIFY_CHUNK, b"[1,2,3]"),
        message(CLASSIFY_CHUNK, arguments()),
        message(CLASSIFY_CHUNK, arguments(CHUNK, 1)),
        message(CLASSIFY_CHUNK, json.dumps([[CHUNK], {"a": 1}, {}]).encode()),
        message(PING, arguments("a b")),
        message(PING, arguments("x" * 1000)),
        message(PING, arguments(1)),
    ],
    "not a chunk": [
        message(CLASSIFY_CHUNK, arguments("../../etc/passwd")),
        chunk(count=10**12),
        chunk(start=-1),
        chunk(start=10**40),
        chunk(start="0"),
        chunk(count=True),
        chunk(job_id="../../ab"),
        chunk(job_id="abcdefgh\n"),
        chunk(schema_version=0),
    ],
}  # fmt: skip

ACTED_ON = [
    {"timelimit": {"a": 1}}, {"timelimit": ["x", "y"]}, {"timelimit": [1e-9, 1e-9]},
    {"timelimit": [1, 2, 3]}, {"timelimit": 7}, {"eta": "9999-12-31T23:59:59"}, {"eta": 5},
    {"eta": "soon"}, {"expires": "1999-01-01T00:00:00"}, {"expires": {}}, {"retries": "many"},
    {"group": "g", "group_index": []}, {"id": None}, {"id": []}, {"id": "x" * 5000},
    {"id": "the same"}, {"id": "the same"}, {"root_id": {}}, {"parent_id": []}, {"shadow": ["x"]},
    {"argsrepr": 5}, {"origin": {}}, {"ignore_result": False}, {"replaced_task_nesting": "x"},
    {"stamped_headers": 5}, {"stamped_headers": ["a"], "stamps": 3}, {"lang": []},
    {"callbacks": [SIGNATURE]}, {"errbacks": SIGNATURE}, {"chord": SIGNATURE}, {"chain": [1]},
]  # fmt: skip
ACTED_ON_PROPERTIES = [
    {"delivery_tag": []}, {"delivery_tag": {"a": 1}}, {"delivery_tag": "the same"},
    {"delivery_tag": "the same"}, {"priority": "high"}, {"priority": 10**30}, {"priority": {}},
    {"delivery_info": None}, {"delivery_info": []}, {"delivery_info": {"routing_key": "other"}},
    {"reply_to": []}, {"correlation_id": {}}, {"delivery_mode": "x"},
]  # fmt: skip
EMBEDDED = [{"callbacks": [SIGNATURE]}, {"errbacks": 5}, {"chord": "x"}, {"chain": [[]]}]


def test_foreign_messages_are_rejected_by_name_and_the_worker_continues(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    redis: Any = client.redis
    for several in FOREIGN.values():
        redis.lpush("glasses", *several)
    worker = start_worker(1)
    job = client.submit([demo_photos / "hopper.jpg"])
    assert job.wait(60).classified == 1, worker.log.read_text()

    # The job may have come through another lane, ahead of them.
    wait_until(lambda: depth(redis) == 0, worker.log.read_text)
    wait_until(
        lambda: rejected(worker.log.read_text()) == sum(map(len, FOREIGN.values())),
        worker.log.read_text,
    )
    log = worker.log.read_text()
    assert [reason for reason in FOREIGN if reason not in log] == []
    # None is sent again, none is kept to be sent again.
    assert redis.exists("unacked", "unacked_index") == 0
    assert not PICKLED.exists()


def test_headers_that_celery_would_act_on_are_dropped(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path, tmp_path: Path
) -> None:
    hostile = [(each, {}, {}) for each in ACTED_ON] + [
        ({}, each, {}) for each in ACTED_ON_PROPERTIES
    ]
    hostile += [({}, {}, each) for each in EMBEDDED]
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", len(hostile))
    with Client(client.settings.model_copy(update={"chunk_size": 1})) as submitter:
        job = client.job(submitter.submit([folder]).id)
    redis: Any = client.redis
    assert depth(redis) == len(hostile)
    redis.delete(list_name(partition_of(job.id), PRIORITY_SMALL))
    for number, (headers, properties, embed) in enumerate(hostile):
        body = arguments(CHUNK | {"job_id": job.id, "start": number}, **embed)
        text = message(CLASSIFY_CHUNK, body, headers=headers, properties=properties)
        redis.lpush(list_name(partition_of(job.id), PRIORITY_SMALL), text)
    worker = start_worker(2)
    pool = {child.pid for child in psutil.Process(worker.process.pid).children()}
    status = job.wait(60)
    log = worker.log.read_text()
    assert (status.classified, status.failed) == (len(hostile), 0), log
    assert worker.process.poll() is None, log
    assert {child.pid for child in psutil.Process(worker.process.pid).children()} == pool, log
    assert "rejected" not in log, "and what is ours in it is done"
    wait_until(lambda: redis.exists("unacked", "unacked_index") == 0)


def test_a_worker_with_one_process_keeps_receiving_messages(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    redis: Any = client.redis
    worker = start_worker(1)
    for text in generated():
        redis.lpush("glasses", text)
    for body in (b"{}", b'["x"]', b"[1,2,3]"):
        redis.lpush("glasses", message(CLASSIFY_CHUNK, body))
    wait_until(lambda: depth(redis) == 0, worker.log.read_text)
    assert client.submit([demo_photos / "hopper.jpg"]).wait(60).classified == 1
    assert worker.process.poll() is None
    assert redis.exists("unacked", "unacked_index") == 0


def generated() -> list[str]:
    """Return messages generated by hypothesis, the same in each run."""
    found = []

    @hypothesis.settings(max_examples=150, derandomize=True, deadline=None, database=None)
    @hypothesis.given(HEADERS, PROPERTIES, BODIES)
    def generate(headers: dict[str, Any], properties: dict[str, Any], body: Any) -> None:
        content = json.dumps(body).encode()
        found.append(message(CLASSIFY_CHUNK, content, headers=headers, properties=properties))

    generate()
    return found


def test_hundreds_of_forged_messages_of_all_kinds_do_no_harm(
    settings: Settings, tmp_path: Path
) -> None:
    fuzz = Fuzz(settings, tmp_path, processes=2, seed=7)
    try:
        report = fuzz.run(messages=420, batch=210)
    finally:
        fuzz.close()
    assert (report.messages, report.died) == (420, 0)
    assert report.rejected > 200

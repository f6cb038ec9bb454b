"""Messages that are not ours: rejected by name, and the worker goes on."""

from __future__ import annotations

import base64
import json
import pickle
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.queue import CLASSIFY_CHUNK
from tests.support.workers import Worker

CHUNK = {"schema_version": 1, "job_id": "abcdefgh", "start": 0, "count": 1}


def message(task: str, body: bytes, content_type: str = "application/json") -> str:
    """As kombu lays it into Redis."""
    tag = str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8" if "json" in content_type else "binary",
            "content-type": content_type,
            "headers": {"lang": "py", "task": task, "id": tag, "root_id": tag, "group": None},
            "properties": {
                "correlation_id": tag,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": "glasses"},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": tag,
            },
        }
    )


def ours(*arguments: Any) -> bytes:
    return json.dumps([arguments, {}, {}]).encode()


class Bomb:
    def __reduce__(self) -> Any:
        return (Path("/tmp/glasses-was-unpickled").touch, ())


FOREIGN = {
    "a pickle": (
        message(CLASSIFY_CHUNK, pickle.dumps([[Bomb()], {}, {}]), "application/x-python-serialize"),
        "ContentDisallowed",
    ),
    "an unknown task": (message("os.system", ours("true")), "unregistered task"),
    "a newer schema": (message(CLASSIFY_CHUNK, ours(CHUNK | {"schema_version": 9})), "no chunk"),
    "no chunk at all": (message(CLASSIFY_CHUNK, ours("../../etc/passwd")), "no chunk"),
    "no arguments": (message(CLASSIFY_CHUNK, ours()), "TypeError"),
    "an unknown job": (message(CLASSIFY_CHUNK, ours(CHUNK)), "gone"),
    "no message": ("garbage", "no message"),
    "half a message": ('{"body": "x"}', "no message"),
}


def test_they_are_rejected_and_the_worker_goes_on(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    redis: Any = client.redis
    for text, _ in FOREIGN.values():
        redis.lpush("glasses", text)
    worker = start_worker(1)
    job = client.submit([demo_photos / "hopper.jpg"])
    assert job.wait(30).classified == 1, worker.log.read_text()
    log = worker.log.read_text()
    assert [what for what, (_, named) in FOREIGN.items() if named not in log] == []
    assert log.count("no message") == 2
    assert not Path("/tmp/glasses-was-unpickled").exists()

"""Messages that are not ours: rejected by name, and the worker goes on."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.queue import CLASSIFY_CHUNK, depth
from tests.support.messages import arguments, message
from tests.support.waiting import wait_until
from tests.support.workers import Worker

CHUNK = {"schema_version": 2, "job_id": "abcdefgh", "start": 0, "count": 1}


class Bomb:
    def __reduce__(self) -> Any:
        return (Path("/tmp/glasses-was-unpickled").touch, ())


FOREIGN = {
    "a pickle": (
        message(CLASSIFY_CHUNK, pickle.dumps([[Bomb()], {}, {}]), "application/x-python-serialize"),
        "ContentDisallowed",
    ),
    "an unknown task": (message("os.system", arguments("true")), "unregistered task"),
    "a newer schema": (
        message(CLASSIFY_CHUNK, arguments(CHUNK | {"schema_version": 9})),
        "no chunk",
    ),
    "no chunk at all": (message(CLASSIFY_CHUNK, arguments("../../etc/passwd")), "no chunk"),
    "no arguments": (message(CLASSIFY_CHUNK, arguments()), "TypeError"),
    "an unknown job": (message(CLASSIFY_CHUNK, arguments(CHUNK)), "gone"),
    "a huge body": (message(CLASSIFY_CHUNK, arguments("x" * 2**25)), "no chunk"),
    "a huge number": (message(CLASSIFY_CHUNK, arguments(CHUNK | {"start": 10**40})), "no chunk"),
    "deeply nested": (message(CLASSIFY_CHUNK, b"[" * 10**5 + b"]" * 10**5), "DecodeError"),
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

    # The job may have come through another lane, ahead of them.
    def unnamed() -> list[str]:
        log = worker.log.read_text()
        return [what for what, (_, named) in FOREIGN.items() if named not in log]

    wait_until(lambda: not unnamed(), unnamed)
    wait_until(lambda: worker.log.read_text().count("no message") == 2, worker.log.read_text)
    # None is sent again, none is kept to be sent again.
    wait_until(lambda: depth(redis) == 0 and redis.hlen("unacked") == 0, worker.log.read_text)
    assert not Path("/tmp/glasses-was-unpickled").exists()

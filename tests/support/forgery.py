"""Forged queue messages by seed, as anyone with write access to Redis could send them."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import pickle
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from glasses.ledger.partitions import PARTITIONS, PRIORITY_SMALL, PRIORITY_STEPS, list_name
from glasses.ledger.queue import CLASSIFY_CHUNK, PING, REPAIR
from tests.support.messages import arguments, message

HEADERS = [
    "lang", "task", "id", "shadow", "eta", "expires", "group", "group_index", "retries",
    "timelimit", "root_id", "parent_id", "argsrepr", "kwargsrepr", "origin", "ignore_result",
    "replaced_task_nesting", "stamped_headers", "stamps", "compression", "callbacks", "errbacks",
    "chord", "chain", "hostname", "delivery_info", "args", "kwargs", "reply_to", "redelivered",
]  # fmt: skip
PROPERTIES = [
    "correlation_id", "reply_to", "delivery_mode", "delivery_info", "priority", "body_encoding",
    "delivery_tag", "expiration", "content_type",
]  # fmt: skip
ENVELOPE = ["body", "content-type", "content-encoding", "headers", "properties"]
SIGNATURE = {"task": PING, "args": ["x"], "kwargs": {}, "options": {}, "immutable": True}
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 1e-9, 1.5, 1e308, -(2**63), 2**64, 10**40, "", "x", "0", "NaN",
    "\x00", "\ud83d", "../../etc/passwd", "x" * 3000, "1999-01-01T00:00:00", "soon",
    "9999-12-31T23:59:59.999999+23:59", "glasses", CLASSIFY_CHUNK, "celery.backend_cleanup",
    "gzip", "bzip2", "application/x-gzip", "utf-16", "base64", "binary", "application/x-yaml",
    "application/x-python-serialize", [], [[]], [1, 2, 3], ["x", "y"], [None, None], [1e-9, 1e-9],
    {}, {"a": 1}, {"exchange": [], "routing_key": {}}, [SIGNATURE], SIGNATURE, [[[[[[[[]]]]]]]],
]  # fmt: skip
CHUNK = {"schema_version": 3, "job_id": "abcdefgh", "start": 0, "count": 1}


@dataclass(frozen=True, slots=True)
class Forgery:
    """A forged message.

    Attributes:
        kind: In a word or two.
        place: The list to push it to.
        raw: The message.
    """

    kind: str
    place: str
    raw: bytes


def forgeries(seed: int, count: int) -> Iterator[Forgery]:
    """Yield `count` forged messages, the same for the same seed."""
    chance = random.Random(seed)
    kinds = list(KINDS)
    places = [
        list_name(lane, priority) for lane in range(PARTITIONS) for priority in PRIORITY_STEPS
    ]
    for number in range(count):
        kind = kinds[number % len(kinds)]
        place = chance.choice(places) if chance.random() < 0.3 else list_name(0, PRIORITY_SMALL)
        made = KINDS[kind](chance)
        yield Forgery(kind, place, made if isinstance(made, bytes) else made.encode())


def _value(chance: random.Random) -> Any:
    if chance.random() < 0.7:
        return chance.choice(VALUES)
    return [chance.choice(VALUES), {str(chance.choice(VALUES)): chance.choice(VALUES)}]


def _changes(chance: random.Random, names: list[str]) -> dict[str, Any]:
    return {name: _value(chance) for name in chance.sample(names, chance.choice([1, 1, 2, 4]))}


def _honest(**changes: Any) -> str:
    return message(CLASSIFY_CHUNK, arguments(CHUNK | changes))


def _headers(chance: random.Random) -> str:
    return message(CLASSIFY_CHUNK, arguments(CHUNK), headers=_changes(chance, HEADERS))


def _properties(chance: random.Random) -> str:
    return message(CLASSIFY_CHUNK, arguments(CHUNK), properties=_changes(chance, PROPERTIES))


def _embedded(chance: random.Random) -> str:
    embed = _changes(chance, ["callbacks", "errbacks", "chord", "chain", "a"])
    return message(chance.choice([CLASSIFY_CHUNK, PING, REPAIR]), arguments(CHUNK, **embed))


def _envelope(chance: random.Random) -> str:
    found = json.loads(_honest()) | _changes(chance, ENVELOPE)
    for name in chance.sample(ENVELOPE, chance.choice([0, 1])):
        del found[name]
    return json.dumps(found)


def _chunks(chance: random.Random) -> str:
    return _honest(**_changes(chance, [*CHUNK, "holder"]))


def _bounds(chance: random.Random) -> str:
    numbers = [-1, 0, 1, 64, 65, 10**9, 10**12, 2**53 + 1, 2**63, 10**300]
    return _honest(start=chance.choice(numbers), count=chance.choice(numbers))


def _job_ids(chance: random.Random) -> str:
    ids = ["../../ab", "abcdefg\n", "ABCDEFGH", "abcdefgh\x00", "a:b:c:d:", "*", "", "a" * 4000]
    return _honest(job_id=chance.choice(ids))


def _argument_lists(chance: random.Random) -> str:
    bodies = [
        [], {}, ["x"], [1, 2, 3], [[], {}, {}], [[CHUNK, CHUNK], {}, {}], [[CHUNK], {"a": 1}, {}],
        [CHUNK, {}, {}], [[CHUNK], {}], [[CHUNK], [], {}], {"args": [CHUNK]}, "x", 7, None,
        [[_value(chance)], {}, {}], [_value(chance), _value(chance), _value(chance)],
    ]  # fmt: skip
    return message(
        chance.choice([CLASSIFY_CHUNK, PING, REPAIR]), json.dumps(chance.choice(bodies)).encode()
    )


def _tasks(chance: random.Random) -> str:
    names = ["os.system", "celery.chord", "celery.map", "celery.group", "", 7, ["x"], {}, None]
    return message(chance.choice(names), arguments(CHUNK))


def _protocol_1(chance: random.Random) -> str:
    body = {"task": CLASSIFY_CHUNK, "id": "x", "args": [CHUNK], "kwargs": {}}
    body |= _changes(chance, ["task", "id", "args", "kwargs", "taskset", "eta", "timelimit"])
    found = json.loads(message(CLASSIFY_CHUNK, json.dumps(body).encode()))
    return json.dumps(found | {"headers": {}})


def _serializers(chance: random.Random) -> str:
    bodies = [pickle.dumps([[CHUNK], {}, {}]), b"!!python/object:os.system {}", b"\xff\xfe\x00"]
    types = ["application/x-python-serialize", "application/x-yaml", "application/x-msgpack", "x/y"]
    return message(CLASSIFY_CHUNK, chance.choice(bodies), chance.choice(types))


def _bombs(chance: random.Random) -> str:
    packers: list[tuple[str, Callable[[bytes], bytes]]] = [
        ("application/x-gzip", gzip.compress), ("gzip", zlib.compress),
        ("application/x-bz2", bz2.compress), ("bzip2", bz2.compress),
    ]  # fmt: skip
    name, pack = chance.choice(packers)
    body = pack(b"[" + b"0," * 10 ** chance.randint(1, 6) + b"0]")
    return message(CLASSIFY_CHUNK, body, headers={"compression": name})


def _json_bombs(chance: random.Random) -> str:
    deep = 10 ** chance.randint(1, 5)
    texts = [
        "[" * deep, "[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep, "1" * deep,
        f"[{'9' * deep}]", "[NaN, Infinity, -Infinity]", '"\\ud800"', "1e999", '{"a": 1, "a": 2}',
    ]  # fmt: skip
    text = chance.choice(texts)
    if chance.random() < 0.5:
        return text
    return message(CLASSIFY_CHUNK, text.encode())


def _duplicate_keys(chance: random.Random) -> str:
    field = chance.choice(["task", "timelimit", "id"])
    return _honest().replace('"lang":', f'"{field}": {json.dumps(_value(chance))}, "lang":', 1)


def _damaged_bytes(chance: random.Random) -> bytes:
    raw = bytearray(_honest().encode())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw))
        kind = chance.randrange(3)
        if kind == 0:
            raw[at] = chance.randrange(256)
        elif kind == 1:
            del raw[at : at + chance.choice([1, 2, 50])]
        else:
            raw[at:at] = chance.randbytes(chance.choice([1, 4, 16]))
        raw = raw or bytearray(b"x")
    return bytes(raw)


def _damaged_bodies(chance: random.Random) -> str:
    body = base64.b64encode(chance.randbytes(chance.randint(0, 40))).decode()
    return json.dumps(json.loads(_honest()) | {"body": body[: chance.randint(0, len(body))]})


def _garbage(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice([1, 10, 100, 10_000])) or b"x"


def _large(chance: random.Random) -> bytes:
    return b"x" * chance.choice([20_000, 200_000, 2_000_000])


def _several(chance: random.Random) -> str:
    return message(
        CLASSIFY_CHUNK,
        arguments(CHUNK, **_changes(chance, ["callbacks", "errbacks", "chord", "chain"])),
        headers=_changes(chance, HEADERS),
        properties=_changes(chance, PROPERTIES),
    )


def _of_no_job(chance: random.Random) -> str:
    return _honest(start=chance.randrange(10**6), count=chance.randint(1, 64))


def _one_id(chance: random.Random) -> str:
    tag = {"id": "one and the same", "root_id": chance.choice(["x", None])}
    return message(
        CLASSIFY_CHUNK, arguments(CHUNK), headers=tag, properties={"delivery_tag": "the same"}
    )


KINDS: dict[str, Callable[[random.Random], str | bytes]] = {
    "headers": _headers,
    "properties": _properties,
    "embedded callbacks": _embedded,
    "envelope": _envelope,
    "fields of a chunk": _chunks,
    "numbers out of bounds": _bounds,
    "job ids": _job_ids,
    "argument lists": _argument_lists,
    "tasks": _tasks,
    "protocol 1": _protocol_1,
    "serializers": _serializers,
    "compression bombs": _bombs,
    "JSON bombs": _json_bombs,
    "duplicate keys": _duplicate_keys,
    "damaged bytes": _damaged_bytes,
    "damaged bodies": _damaged_bodies,
    "garbage": _garbage,
    "large": _large,
    "headers, properties and callbacks": _several,
    "chunks of no job": _of_no_job,
    "one id": _one_id,
}

"""`glasses watch-folder` is killed wherever it may be, and started again: one row a photo."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.settings import Settings
from tests.integration.watching.test_watch_folder import nothing_stands
from tests.support.waiting import wait_until
from tests.support.watching import Watching, stop
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
KILLED = -9
STEPS = [
    f"{step} {when}"
    for step in (
        "sending", "create", "submit", "sent", "stage", "append", "deliver", "remove", "forget",
    )
    for when in ("before", "after")
]  # fmt: skip


def add(folder: Path, photo: bytes, count: int, mark: str) -> None:
    for number in range(count):
        place = folder / f"{mark}-{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.jpg").write_bytes(photo + f"{mark}{number}".encode())


@pytest.fixture
def photo(demo_photos: Path) -> bytes:
    return (demo_photos / "collins.jpg").read_bytes()


@pytest.fixture
def watching(settings: Settings, tmp_path: Path) -> Watching:
    return Watching(settings, tmp_path / "in", tmp_path / "rows.jsonl")


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_killed_at_every_step(
    format_: str, client: Client, watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    watching.output = watching.output.with_suffix(f".{format_}")
    for number, step in enumerate([*STEPS, "append within"]):
        add(watching.folder, photo, 3, f"{number}")
        watching.once(dies=f"{step} 1", code=KILLED)
    assert watching.written().keys() < watching.there().keys()
    watching.once()
    assert watching.written() == watching.there()
    assert watching.output.read_bytes().endswith(b"\n")
    assert nothing_stands(client)


def test_killed_in_the_middle_of_a_row_that_is_not_the_first(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    add(watching.folder, photo, 3, "first")
    watching.once()
    add(watching.folder, photo, 3, "second")
    watching.once(dies="append within 1", code=KILLED)
    assert not watching.output.read_bytes().endswith(b"\n")
    assert 3 < len(watching.rows()) < 6
    watching.once()
    assert watching.written() == watching.there()


def test_killed_at_any_moment(
    client: Client, watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    """When so many rows are there, or a job is; whatever it is in the middle of then."""
    start_worker()
    luck = random.Random(1)
    for turn in range(8):
        add(watching.folder, photo, luck.randint(1, 40), f"{turn}")
        process = watching.start()
        if turn % 3:
            enough = luck.randint(len(watching.rows()) + 1, len(watching.there()))
            wait_until(partial(has_rows, watching, enough))
        else:
            wait_until(client.jobs)
        add(watching.folder, photo, luck.randint(1, 5), f"{turn}-late")
        stop(process)
        assert max(watching.written().values(), default=0) <= 1
    watching.once()
    assert watching.written() == watching.there()
    assert nothing_stands(client)


def has_rows(watching: Watching, count: int) -> bool:
    return len(watching.rows()) >= count

"""`glasses watch-folder` is killed at every step and restarted: each photo has one row."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.wait import wait_until
from tests.support.watching import Watching, no_jobs_left, stop
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
OUTPUT_STEPS = ("stage", "append", "deliver")


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
def test_each_photo_has_one_row_after_a_kill_at_every_step(
    format_: str, client: Client, watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    watching.output = watching.output.with_suffix(f".{format_}")
    # Steps that do not write the output are the same for all formats.
    steps = [step for step in STEPS if format_ == "jsonl" or step.startswith(OUTPUT_STEPS)]
    for number, step in enumerate([*steps, "append within"]):
        add(watching.folder, photo, 3, f"{number}")
        watching.run_once(crash_at=f"{step} 1", code=KILLED)
    assert watching.written().keys() < watching.present().keys()
    watching.run_once()
    assert watching.written() == watching.present()
    assert watching.output.read_bytes().endswith(b"\n")
    assert no_jobs_left(client)


def test_a_torn_row_that_is_not_the_first_is_repaired(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    add(watching.folder, photo, 3, "first")
    watching.run_once()
    add(watching.folder, photo, 3, "second")
    watching.run_once(crash_at="append within 1", code=KILLED)
    assert not watching.output.read_bytes().endswith(b"\n")
    assert 3 < len(watching.rows()) < 6
    watching.run_once()
    assert watching.written() == watching.present()


def test_each_photo_has_one_row_after_a_kill_at_any_moment(
    client: Client, watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    """Kill after a random number of rows, or once a job exists."""
    start_worker()
    luck = random.Random(1)
    for turn in range(5):
        add(watching.folder, photo, luck.randint(1, 40), f"{turn}")
        process = watching.start()
        if turn % 3:
            enough = luck.randint(len(watching.rows()) + 1, len(watching.present()))
            wait_until(partial(has_rows, watching, enough))
        else:
            wait_until(client.jobs)
        add(watching.folder, photo, luck.randint(1, 5), f"{turn}-late")
        stop(process)
        assert max(watching.written().values(), default=0) <= 1
    watching.run_once()
    assert watching.written() == watching.present()
    assert no_jobs_left(client)


def has_rows(watching: Watching, count: int) -> bool:
    return len(watching.rows()) >= count

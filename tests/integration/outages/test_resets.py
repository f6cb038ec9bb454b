"""Connections to Redis are reset repeatedly while commands queue chunks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger.queue import depth
from tests.support.commands import glasses_output
from tests.support.photos import photos
from tests.support.proxy import Network, Proxy
from tests.support.stack import Stack
from tests.support.workers import Worker

PHOTOS = 60
ANSWERS = 12
"""Answers between two resets; connecting needs fewer, however slow the machine is."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"chunk_size": 1})


@contextmanager
def resets(proxy: Proxy) -> Iterator[list[int]]:
    """Reset all connections after every `ANSWERS` answers; yield the number of resets."""
    ended = threading.Event()
    done = [0]

    def keep_on() -> None:
        last = proxy.answers
        while not ended.wait(0.002):
            if proxy.answers - last >= ANSWERS:
                proxy.cut()
                proxy.mend()
                done[0] += 1
                last = proxy.answers

    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        yield done
    finally:
        ended.set()
        thread.join()


def run_during_resets(settings: Settings, network: Network, *words: str | Path) -> None:
    """Run a command that must succeed while its connections are reset."""
    with resets(network.redis) as done:
        glasses_output(*words, settings=settings)
    assert done[0] > 1


def test_a_submission_is_complete_despite_resets(
    stack: Stack, network: Network, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)
    run_during_resets(settings, network, "submit", folder, "--detach")
    with Client(stack.settings) as direct:
        (status,) = direct.jobs()
        assert (status.submitted, status.pending, status.complete) == (PHOTOS, PHOTOS, True)
        assert depth(direct.redis) >= PHOTOS, "one may be queued twice, and none is missing"


def test_a_job_is_rebuilt_despite_resets(
    stack: Stack, network: Network, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)
    with Client(stack.settings.model_copy(update={"chunk_size": 1})) as direct:
        direct.submit([folder])
        direct.redis.flushdb()
        run_during_resets(settings, network, "reconcile")
        (status,) = direct.jobs()
        assert (status.submitted, status.pending, status.complete) == (PHOTOS, PHOTOS, True)


def test_a_watched_folder_has_its_rows_despite_resets(
    stack: Stack, network: Network, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)
    rows = tmp_path / "rows.jsonl"
    worker = Worker(stack.settings, tmp_path / "worker.log", 2)
    try:
        run_during_resets(
            settings, network, "watch-folder", folder, "-o", rows, "--once", "--settle", "0"
        )
    finally:
        worker.discard()
    assert len(rows.read_text().splitlines()) == PHOTOS

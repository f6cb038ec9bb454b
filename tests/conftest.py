"""Real servers for the whole run: a Valkey and an S3 server on free loopback ports."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from glasses.client import Client
    from glasses.settings import Settings
    from tests.support.workers import Worker

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # `demo` and `infra` run from the repository

# Nothing of the caller's configuration may reach a test.
for _name in [name for name in os.environ if name.startswith("GLASSES_")]:
    del os.environ[_name]

# A shell has what it runs in the background ignore Ctrl-C, and so would the commands under test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """The labelled photos that lie beside the checkout on some machines."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the labelled photos in {folder}, which are not redistributable")
    return folder


@pytest.fixture(scope="session")
def demo_photos() -> Path:
    """Photos that anyone may redistribute."""
    return ROOT / "demo" / "photos"


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the servers of this run are, as keyword arguments for the settings."""
    from infra.local.servers import servers

    with servers(tmp_path_factory.mktemp("servers")) as found:
        yield found


@pytest.fixture
def settings(endpoints: dict[str, str]) -> Iterator[Settings]:
    """Settings of this run's servers; Redis and the bucket are emptied before, checked after."""
    from glasses.client import Client
    from glasses.settings import load_settings
    from tests.support.leftovers import nothing_left_behind

    found = load_settings(**endpoints)
    with Client(found) as client:
        client.redis.flushdb()
        client.store.delete(client.store.keys(""))
        yield found
        nothing_left_behind(client)


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    """A client of this run's servers."""
    from glasses.client import Client

    with Client(settings) as found:
        yield found


@pytest.fixture
def start_worker(
    settings: Settings, client: Client, tmp_path: Path
) -> Iterator[Callable[..., Worker]]:
    """Start workers that end with the test."""
    from glasses.workers import live_workers
    from tests.support.workers import Worker

    started: list[Worker] = []

    def start(
        processes: int = 1, cursed: bool = False, newer: bool = False, **changes: Any
    ) -> Worker:
        known = {worker.worker_id for worker in live_workers(client.redis)}
        changed = settings.model_copy(update=changes)
        worker = Worker(changed, tmp_path / f"worker-{len(started)}.log", processes, cursed, newer)
        started.append(worker)
        deadline = time.monotonic() + 30
        while not {w.worker_id for w in live_workers(client.redis)} - known:
            assert worker.process.poll() is None, worker.log.read_text()
            assert time.monotonic() < deadline, worker.log.read_text()
            time.sleep(0.05)
        return worker

    yield start
    for worker in started:
        worker.discard()

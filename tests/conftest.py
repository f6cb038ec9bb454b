"""Fixtures for all tests, with one Valkey and one S3 server for the whole run."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from glasses.client import Client
    from glasses.config.settings import Settings
    from tests.support.workers import Worker

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # `demo` and `infra` run from the repository

# The configuration of the caller must not affect a test.
for _name in [name for name in os.environ if name.startswith("GLASSES_")]:
    del os.environ[_name]

# Processes under test start sooner if Python may keep what it compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Background jobs of a shell ignore Ctrl-C; the commands under test must not inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--s3`: the object store that tests run on."""
    parser.addoption(
        "--s3", default="seaweedfs", choices=["seaweedfs", "minio", "rclone"],
        help="S3 server of all tests but those of the local stack (tests/support/s3_servers.py)",
    )  # fmt: skip


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """Return the folder of labelled photos; skip the test where it does not exist."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the labelled photos in {folder}, which are not redistributable")
    return folder


@pytest.fixture(scope="session")
def demo_photos() -> Path:
    """Return the folder of redistributable photos."""
    return ROOT / "demo" / "photos"


@pytest.fixture(scope="session")
def endpoints(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[dict[str, str]]:
    """Start the servers of this run; yield their addresses as keyword arguments of the settings."""
    from infra.local.servers import servers
    from tests.support.s3_servers import on_s3_server

    with servers(tmp_path_factory.mktemp("servers")) as found:
        name = pytestconfig.getoption("--s3")
        with on_s3_server(name, found, tmp_path_factory.mktemp(name)) as chosen:
            yield chosen


@pytest.fixture
def s3_server(pytestconfig: pytest.Config) -> str:
    """Return the name of the object store that the tests run on."""
    return str(pytestconfig.getoption("--s3"))


@pytest.fixture
def settings(endpoints: dict[str, str]) -> Iterator[Settings]:
    """Yield settings of this run's servers: empty before the test, checked for leftovers after."""
    from glasses.client import Client
    from glasses.config.settings import load_settings
    from tests.support.leftovers import nothing_left_behind

    found = load_settings(**endpoints)
    with Client(found) as client:
        client.redis.flushdb()
        client.store.delete(client.store.keys(""))
        yield found
        nothing_left_behind(client)


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    """Yield a client of this run's servers."""
    from glasses.client import Client

    with Client(settings) as found:
        yield found


@pytest.fixture
def start_worker(
    settings: Settings, client: Client, tmp_path: Path
) -> Iterator[Callable[..., Worker]]:
    """Yield a function that starts workers; they are killed after the test."""
    from glasses.ledger.workers import live_workers
    from tests.support.wait import wait_until
    from tests.support.workers import Worker

    started: list[Worker] = []

    def start(
        processes: int = 1, poisonable: bool = False, newer: bool = False, **changes: Any
    ) -> Worker:
        known = {worker.worker_id for worker in live_workers(client.redis)}
        changed = settings.model_copy(update=changes)
        worker = Worker(
            changed,
            tmp_path / f"worker-{len(started)}.log",
            processes,
            poisonable,
            newer,
            preloaded=True,
        )
        started.append(worker)

        def is_live() -> bool:
            assert worker.process.poll() is None, worker.log.read_text()
            return bool({each.worker_id for each in live_workers(client.redis)} - known)

        wait_until(is_live, worker.log.read_text)
        return worker

    yield start
    for worker in started:
        worker.discard()

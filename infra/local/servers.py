"""The two servers, Valkey and S3: started together, ready when both really serve."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glasses.errors import InfrastructureError
from glasses.object_store import ObjectStore
from glasses.settings import Settings, load_settings
from infra.local import members, seaweed, valkey
from infra.local.credentials import load_credentials
from infra.local.folder import SUPERVISOR_LOCK, log_file, prepare
from infra.local.lock import LockBusyError, hold
from infra.local.logs import tail
from infra.local.ports import take_ports
from infra.local.processes import Command, Identity, is_alive, start, stop
from infra.local.readiness import S3Probe, s3_listens, valkey_answers

READY_SECONDS = 60
_POLL_SECONDS = 0.03


class StartInterruptedError(Exception):
    """Somebody wants the stack to end while it starts."""


class _ServerDiedError(Exception):
    """A server ended, or did not serve in time."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Valkey and S3, serving.

    Attributes:
        endpoints: The settings with which others find them (secrets in clear text).
        settings: All settings, with those endpoints.
        commands: How to start each again, on the same port with the same data.
        running: Their processes.
    """

    endpoints: dict[str, str]
    settings: Settings
    commands: dict[str, Command]
    running: dict[str, Identity]


@contextmanager
def servers(home: Path, bucket: str = "glasses") -> Iterator[dict[str, str]]:
    """Run both servers, without workers, for as long as the context lasts.

    On Linux they die with this process even if it is killed. The data stays in the folder.

    Args:
        home: An empty folder, or one of an earlier run. Longer than the servers' life.
        bucket: The bucket to create.

    Yields:
        Keyword arguments for `glasses.settings.load_settings`.

    Raises:
        InfrastructureError: They did not start, or others run from this folder.
    """
    home = home.resolve()
    prepare(home)
    try:
        with hold(home / SUPERVISOR_LOCK, wait_seconds=0):
            _end_earlier(home)
            settings = load_settings(s3_bucket=bucket)
            started = start_servers(home, settings, die_with_parent=True)
            try:
                yield started.endpoints
            finally:
                stop_servers(home, started)
    except LockBusyError:
        raise InfrastructureError(f"servers run from {home} already") from None


def start_servers(
    home: Path,
    settings: Settings,
    interrupted: Callable[[], bool] = lambda: False,
    die_with_parent: bool = False,
) -> Servers:
    """Start both and wait until an object can be put and read; creates the bucket.

    Args:
        home: A folder that is prepared, and whose earlier servers have ended.
        settings: All but the endpoints.
        interrupted: Asked again and again.
        die_with_parent: See `processes.start`.

    Raises:
        InfrastructureError: One did not start: shows the end of its log.
        StartInterruptedError: `interrupted` said so.
    """
    try:
        return _start(home, settings, interrupted, die_with_parent, fresh_ports=False)
    except _ServerDiedError:
        pass  # perhaps somebody took a port between our look and the server's
    try:
        return _start(home, settings, interrupted, die_with_parent, fresh_ports=True)
    except _ServerDiedError as error:
        raise InfrastructureError(str(error)) from None


def stop_servers(home: Path, started: Servers) -> None:
    """End both, at once: for when nobody uses them any more."""
    stop(started.running.values(), patience=members.SERVER_SECONDS)
    seaweed.remove_sockets(home)


def _end_earlier(home: Path) -> None:
    members.stop_members(home)
    seaweed.remove_sockets(home)


def _start(
    home: Path,
    settings: Settings,
    interrupted: Callable[[], bool],
    die_with_parent: bool,
    fresh_ports: bool,
) -> Servers:
    credentials = load_credentials(home)
    ports = take_ports(home, [members.VALKEY, *seaweed.PORTS], fresh_ports)
    endpoints = {
        "redis_url": valkey.url(ports[members.VALKEY], credentials.redis_password),
        "s3_endpoint": seaweed.url(ports),
        "s3_access_key": credentials.s3_access_key,
        "s3_secret_key": credentials.s3_secret_key,
        "s3_bucket": settings.s3_bucket,
    }
    s3_ports = {option: ports[option] for option in seaweed.PORTS}
    commands = {
        members.S3: seaweed.command(
            home, s3_ports, credentials.s3_access_key, credentials.s3_secret_key
        ),
        members.VALKEY: valkey.command(home, ports[members.VALKEY], credentials.redis_password),
    }
    running = {name: start(each, home, die_with_parent) for name, each in commands.items()}
    complete = Settings(**{**dict(settings), **endpoints})
    made = Servers(endpoints, complete, commands, running)
    try:
        _wait_until_ready(home, made, ports["s3.port"], interrupted)
    except BaseException:
        stop_servers(home, made)
        raise
    return made


def _wait_until_ready(
    home: Path, made: Servers, s3_port: int, interrupted: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + READY_SECONDS

    def wait_for(name: str, is_ready: Callable[[], bool]) -> None:
        while not is_ready():
            if interrupted():
                raise StartInterruptedError
            late = time.monotonic() > deadline
            if late or not is_alive(made.running[name]):
                what = f"did not serve within {READY_SECONDS} s" if late else "ended at its start"
                log = log_file(home, name)
                raise _ServerDiedError(f"{name} {what}. The end of {log}:\n{tail(log)}")
            time.sleep(_POLL_SECONDS)

    wait_for(members.S3, lambda: s3_listens(s3_port))
    probe = S3Probe(made.settings)
    wait_for(members.S3, probe.answers)
    ObjectStore(made.settings).ensure_bucket(made.settings.retention_days)
    wait_for(members.S3, probe.can_put_and_get)
    wait_for(members.VALKEY, lambda: valkey_answers(made.endpoints["redis_url"]))

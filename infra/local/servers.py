"""The servers, Valkey and S3: starts both and waits until both are ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glasses.config.settings import Settings, load_settings
from glasses.errors import InfrastructureError
from glasses.storage.object_store import ObjectStore
from infra.local import seaweed, stack_processes, valkey
from infra.local.credentials import load_credentials
from infra.local.folder import SUPERVISOR_LOCK, disk_trouble, log_file, prepare
from infra.local.limits import check_limits
from infra.local.lock import LockBusyError, hold
from infra.local.logs import tail
from infra.local.ports import take_ports
from infra.local.process import Command, Identity, is_alive, start, stop
from infra.local.readiness import S3Probe, s3_listens, valkey_answers

READY_SECONDS = 60
_POLL_SECONDS = 0.03


class StartInterruptedError(Exception):
    """A stop was requested during the start."""


class _ServerDiedError(Exception):
    """A server exited, or was not ready in time."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The running servers.

    Attributes:
        endpoints: The settings that clients need (secrets in clear text).
        settings: All settings, including the endpoints.
        commands: How to restart each server on the same port with the same data.
        running: The processes by name.
    """

    endpoints: dict[str, str]
    settings: Settings
    commands: dict[str, Command]
    running: dict[str, Identity]


@contextmanager
def servers(home: Path, bucket: str = "glasses") -> Iterator[dict[str, str]]:
    """Run both servers without workers within a context.

    On Linux they die with this process even if it is killed. The data is kept in the folder.

    Args:
        home: An empty folder or that of an earlier run. It must outlive the servers.
        bucket: The bucket to create.

    Yields:
        Keyword arguments for `glasses.config.settings.load_settings`.

    Raises:
        InfrastructureError: A server did not start, or other servers run from this folder.
    """
    home = home.resolve()
    check_limits(0)
    prepare(home)
    try:
        with hold(home / SUPERVISOR_LOCK, wait_seconds=0):
            _stop_earlier(home)
            settings = load_settings(s3_bucket=bucket)
            started = start_servers(home, settings, die_with_parent=True)
            try:
                yield started.endpoints
            finally:
                stop_servers(home, started)
    except LockBusyError:
        raise InfrastructureError(f"servers are already running from {home}") from None


def start_servers(
    home: Path,
    settings: Settings,
    interrupted: Callable[[], bool] = lambda: False,
    die_with_parent: bool = False,
) -> Servers:
    """Start both servers, create the bucket and wait until an object can be put and read.

    Args:
        home: A prepared folder whose earlier servers have exited.
        settings: All settings except the endpoints.
        interrupted: Polled while waiting; True aborts the start.
        die_with_parent: See `process.start`.

    Raises:
        InfrastructureError: A server did not start; the message shows the end of its log.
        StartInterruptedError: `interrupted` returned True.
    """
    try:
        return _start(home, settings, interrupted, die_with_parent, fresh_ports=False)
    except _ServerDiedError:
        pass  # another process may have taken a port after it was checked
    try:
        return _start(home, settings, interrupted, die_with_parent, fresh_ports=True)
    except _ServerDiedError as error:
        raise InfrastructureError(str(error)) from None


def stop_servers(home: Path, started: Servers) -> None:
    """Stop both servers at the same time; nothing may use them any more."""
    stop(started.running.values(), timeout=stack_processes.SERVER_SECONDS)
    seaweed.remove_sockets(home)


def _stop_earlier(home: Path) -> None:
    stack_processes.stop_processes(home)
    seaweed.remove_sockets(home)


def _start(
    home: Path,
    settings: Settings,
    interrupted: Callable[[], bool],
    die_with_parent: bool,
    fresh_ports: bool,
) -> Servers:
    credentials = load_credentials(home)
    ports = take_ports(home, [stack_processes.VALKEY, *seaweed.PORTS], fresh_ports)
    endpoints = {
        "redis_url": valkey.url(ports[stack_processes.VALKEY], credentials.redis_password),
        "s3_endpoint": seaweed.url(ports),
        "s3_access_key": credentials.s3_access_key,
        "s3_secret_key": credentials.s3_secret_key,
        "s3_bucket": settings.s3_bucket,
    }
    s3_ports = {option: ports[option] for option in seaweed.PORTS}
    commands = {
        stack_processes.S3: seaweed.command(
            home, s3_ports, credentials.s3_access_key, credentials.s3_secret_key
        ),
        stack_processes.VALKEY: valkey.command(
            home, ports[stack_processes.VALKEY], credentials.redis_password
        ),
    }
    complete = Settings(**{**dict(settings), **endpoints})
    running: dict[str, Identity] = {}
    started = Servers(endpoints, complete, commands, running)
    try:
        for name, each in commands.items():
            running[name] = _start_process(each, home, die_with_parent)
        _wait_until_ready(home, started, ports["s3.port"], interrupted)
    except BaseException:
        stop_servers(home, started)
        raise
    return started


def _start_process(command: Command, home: Path, die_with_parent: bool) -> Identity:
    try:
        return start(command, home, die_with_parent)
    except OSError as error:
        raise InfrastructureError(f"{command.name} cannot be started: {error.strerror}") from None


def _wait_until_ready(
    home: Path, started: Servers, s3_port: int, interrupted: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + READY_SECONDS

    def wait_for(name: str, is_ready: Callable[[], bool]) -> None:
        while not is_ready():
            if interrupted():
                raise StartInterruptedError
            late = time.monotonic() > deadline
            if late or not is_alive(started.running[name]):
                timed_out = f"was not ready within {READY_SECONDS} s"
                what = timed_out if late else "exited while starting"
                log = log_file(home, name)
                if full := disk_trouble(home):
                    raise InfrastructureError(f"{name} {what}: {full}")
                raise _ServerDiedError(f"{name} {what}. The end of {log}:\n{tail(log)}")
            time.sleep(_POLL_SECONDS)

    wait_for(stack_processes.S3, lambda: s3_listens(s3_port))
    probe = S3Probe(started.settings)
    wait_for(stack_processes.S3, probe.answers)
    ObjectStore(started.settings).ensure_bucket(started.settings.retention_days)
    wait_for(stack_processes.S3, probe.can_put_and_get)
    wait_for(stack_processes.VALKEY, lambda: valkey_answers(started.endpoints["redis_url"]))

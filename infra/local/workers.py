"""Workers: they get every setting explicitly, so that no file or variable sends them elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import SecretStr

from glasses.errors import UsageError
from glasses.settings import ENV_PREFIX, Settings
from glasses.stack_file import HOME_VARIABLE
from infra.local import members
from infra.local.processes import Command

ENDPOINTS = ("redis_url", "s3_endpoint", "s3_access_key", "s3_secret_key")
"""Settings that the stack itself decides."""
A_CORE = 16
"""Worker processes a core at most: one keeps it busy, and a mistyped number takes the memory."""


def check_processes(processes: int) -> None:
    """Refuse more worker processes than this machine can have any use of.

    Raises:
        UsageError: Says how many it may be.
    """
    cores = os.cpu_count() or 1
    if processes > A_CORE * cores:
        raise UsageError(
            f"{processes} worker processes are too many for {cores} cores: one a core keeps them "
            f"busy, {A_CORE * cores} is the most"
        )


def command(home: Path, processes: int, settings: Settings, name: str = members.WORKER) -> Command:
    """How to start workers in a number of processes, connected to a stack."""
    return Command(
        name,
        [*module("worker"), "--processes", str(processes)],
        env={**_read_all(settings), **environment(settings), **own_environment(home)},
    )


def _read_all(settings: Settings) -> dict[str, str]:
    """Who can send these workers anything has this user's secrets, so may read the files too."""
    return {} if settings.read_folders else {ENV_PREFIX + "READ_FOLDERS": os.sep}


def module(name: str) -> list[str]:
    """Run a module of ours; `-P`, so that the user's folder cannot put another in its place."""
    return [sys.executable, "-P", "-m", name]


def own_environment(home: Path) -> dict[str, str]:
    """What a process of ours needs to find the stack, and, in a checkout, its own code."""
    root = Path(__file__).resolve().parents[2]
    variables = {HOME_VARIABLE: str(home), "PYTHONUNBUFFERED": "1"}
    if root.name not in {"site-packages", "dist-packages"}:
        before = os.environ.get("PYTHONPATH")
        variables["PYTHONPATH"] = os.pathsep.join([str(root), *([before] if before else [])])
    return variables


def environment(settings: Settings, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Settings as environment variables."""
    variables = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None and name not in without:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            variables[ENV_PREFIX + name.upper()] = text
    return variables

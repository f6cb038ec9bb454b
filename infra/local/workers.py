"""Worker commands. Every setting is explicit: no file or variable can redirect the workers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import SecretStr

from glasses.config.settings import ENV_PREFIX, Settings
from glasses.config.stack_file import HOME_VARIABLE
from glasses.errors import UsageError
from infra.local import stack_processes
from infra.local.process import Command

ENDPOINTS = ("redis_url", "s3_endpoint", "s3_access_key", "s3_secret_key")
"""Settings that the stack itself determines."""
MAX_PROCESSES_PER_CORE = 16
"""Maximum number of worker processes per core. One keeps a core busy; a mistyped number would
exhaust the memory."""


def check_processes(processes: int) -> None:
    """Reject a number of worker processes that is far too large for this machine.

    Raises:
        UsageError: Names the maximum.
    """
    cores = os.cpu_count() or 1
    if processes > MAX_PROCESSES_PER_CORE * cores:
        raise UsageError(
            f"{processes} worker processes are too many for {cores} cores: one per core keeps them "
            f"busy, {MAX_PROCESSES_PER_CORE * cores} is the maximum"
        )


def command(
    home: Path, processes: int, settings: Settings, name: str = stack_processes.WORKER
) -> Command:
    """Return the command of a worker with a number of processes, connected to a stack."""
    return Command(
        name,
        [*module("worker"), "--processes", str(processes)],
        env={**_allow_all_folders(settings), **environment(settings), **own_environment(home)},
    )


def _allow_all_folders(settings: Settings) -> dict[str, str]:
    """Let workers read all folders unless configured otherwise.

    Only those with this user's secrets can send photos to these workers, and they may read this
    user's files anyway.
    """
    return {} if settings.read_folders else {ENV_PREFIX + "READ_FOLDERS": os.sep}


def module(name: str) -> list[str]:
    """Return the arguments that run a module of ours.

    `-P` keeps the current folder off the import path: a module there must not replace ours.
    """
    return [sys.executable, "-P", "-m", name]


def own_environment(home: Path) -> dict[str, str]:
    """Return the variables with which our processes find the stack and, in a checkout, our code."""
    root = Path(__file__).resolve().parents[2]
    variables = {HOME_VARIABLE: str(home), "PYTHONUNBUFFERED": "1"}
    if root.name not in {"site-packages", "dist-packages"}:
        existing = os.environ.get("PYTHONPATH")
        variables["PYTHONPATH"] = os.pathsep.join([str(root), *([existing] if existing else [])])
    return variables


def environment(settings: Settings, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Return settings as environment variables, except those named in `without`."""
    variables = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None and name not in without:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            variables[ENV_PREFIX + name.upper()] = text
    return variables

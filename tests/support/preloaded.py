"""Run `glasses` and workers in processes forked from one that has imported their libraries.

The suite starts several hundred of them, and imports take most of the time of a short one. Each
still has a process, an environment, a working directory and streams of its own.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_PRELOAD")
"""Prefixes of the variables that Python or the loader reads when a process starts.

LD_LIBRARY_PATH is not one of them: importing OpenCV changes it.
"""
_ENVIRONMENT = dict(os.environ)
_FORK_SERVER = multiprocessing.get_context("forkserver")
_FORK_SERVER.set_forkserver_preload(["tests.support.preloaded_libraries"])


def is_forkable(environment: Mapping[str, str]) -> bool:
    """Return whether Python would start in this environment as it did here.

    A folder on PYTHONPATH may hold code that Python runs when it starts: see `tests.support.gate`.
    """
    return _read_at_start(environment) == _read_at_start(_ENVIRONMENT)


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {n: value for n, value in environment.items() if n.startswith(_READ_AT_START)}


def run_preloaded(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stdin: str,
    cwd: Path,
    timeout: float,
    module: str = "producer.main",
) -> subprocess.CompletedProcess[bytes]:
    """Run a command and capture its output.

    Args:
        arguments: The words after `glasses`.
        environment: Its environment variables, all of them.
        stdin: Text that it reads.
        cwd: Its working directory.
        timeout: Seconds after which it is killed.
        module: The module whose `main` is run.

    Raises:
        subprocess.TimeoutExpired: It was killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_bytes(stdin.encode("utf-8", "surrogateescape"))
        process = _FORK_SERVER.Process(
            target=_run_command, args=(module, list(arguments), dict(environment), cwd, streams)
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        _, out, err = (path.read_bytes() if path.exists() else b"" for path in streams)
        return subprocess.CompletedProcess(list(arguments), process.exitcode, out, err)


class PreloadedWorker:
    """A process of `python -m worker` in a session of its own, used like `subprocess.Popen`.

    Args:
        arguments: The options of the command.
        environment: Its environment variables, all of them.
        log: File for its output.
        module: The module whose `main` is run.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        module: str = "worker.__main__",
    ) -> None:
        self._process: Any = _FORK_SERVER.Process(
            target=_run_worker, args=(module, list(arguments), dict(environment), log)
        )
        self._process.start()
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.exitcode  # type: ignore[no-any-return]

    def poll(self) -> int | None:
        """Return `returncode`."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code of the process once it has ended.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()


def _run_command(
    module: str,
    arguments: list[str],
    environment: dict[str, str],
    cwd: Path,
    streams: list[Path],
) -> None:
    _take_over(environment, streams)
    os.chdir(cwd)
    _run_main(module, ["glasses", *arguments])


def _run_worker(module: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
    os.setsid()
    _take_over(environment, [Path(os.devnull), log, log])
    _run_main(module, ["worker", *arguments])


def _run_main(module: str, words: list[str]) -> None:
    sys.argv = words
    try:
        importlib.import_module(module).main()
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out


def _take_over(environment: dict[str, str], streams: list[Path]) -> None:
    """Make this process one with the given streams and environment variables."""
    flags = (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2)
    sys.stdin.close()  # multiprocessing opened /dev/null for it
    for number, (path, flag) in enumerate(zip(streams, flags, strict=True)):
        opened = os.open(path, flag, 0o600)
        os.dup2(opened, number)
        if opened != number:
            os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    os.environ.clear()
    os.environ.update(environment)

"""One child process with memory and time limits, in which photos are decoded.

It is a new interpreter rather than a fork, which the libraries and a caller's threads may not
survive. It is not started by `multiprocessing`, which would let it import from the working
directory: that may be a folder of photos from a stranger.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from glasses.errors import GlassesError
from worker.processes.requests import Began, Request

_START = """\
import sys
sys.path += [folder for folder in sys.argv[3:] if folder not in sys.path]
from worker.processes.child_main import main
main(int(sys.argv[1]), int(sys.argv[2]))
"""
_ROOT = Path(__file__).resolve().parents[2]
_STEP_SECONDS = 1.0
_START_SECONDS = 60
"""Time limit for a child to start and to load a model."""


class NotBegunError(Exception):
    """The child exited before it began a photo, or did not start in time."""


class ChildDiedError(Exception):
    """The child exited or exceeded the time limit before it answered.

    Attributes:
        began: The photo that it was processing.
    """

    def __init__(self, began: Began) -> None:
        super().__init__(began)
        self.began = began


class ChildProcess:
    """A running child process.

    Args:
        megabytes: Limit of its private memory, in MiB.

    Attributes:
        owner: Process id of the parent.
    """

    def __init__(self, megabytes: int) -> None:
        self.owner = os.getpid()
        ours, theirs = socket.socketpair()
        with theirs:
            numbers = [str(theirs.fileno()), str(megabytes)]
            # The child inherits the mask: Ctrl-C reaches both, and the parent kills the child.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                self._process = subprocess.Popen(
                    [sys.executable, *_flags(), "-c", _START, *numbers, *_folders()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._connection: Connection[Any, Any] = Connection(ours.detach())

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def request(self, request: Request, seconds: float) -> Any:
        """Send a request and return its answer.

        Args:
            request: The request.
            seconds: Time limit per photo.

        Raises:
            ChildDiedError: The child exited or exceeded the limit. It must be closed.
            NotBegunError: The same, before it began a photo.
            GlassesError: The request cannot be answered. The child continues to run.
        """
        began = None
        try:
            self._connection.send(request)
            answer = self._receive(max(seconds, _START_SECONDS))
            while isinstance(answer, Began):
                began = answer
                answer = self._receive(seconds)
        except (EOFError, OSError):
            raise (ChildDiedError(began) if began else NotBegunError) from None
        if isinstance(answer, GlassesError):
            raise answer
        return answer

    def _receive(self, seconds: float) -> Any:
        """Wait in short steps, so time in which this process is stopped (Ctrl-Z) hardly counts."""
        waited = 0.0
        while not self._connection.poll(_STEP_SECONDS):
            waited += _STEP_SECONDS
            if waited >= seconds:
                raise TimeoutError
        return self._connection.recv()

    def kill(self) -> None:
        """Kill the child, from any thread. A pending `request` raises `ChildDiedError`."""
        self._process.kill()

    def close(self) -> int:
        """Kill the child and return its exit status."""
        self.kill()
        self._connection.close()
        return self._process.wait()


def _flags() -> list[str]:
    """Return this interpreter's options, with `-P`, which keeps out the working directory."""
    flags = ["-P"]
    if sys.flags.ignore_environment:
        flags.append("-E")
    if sys.flags.no_user_site:
        flags.append("-s")
    return flags


def _folders() -> list[str]:
    """Return this process's import path without the working directory.

    The child searches these folders last, so none of their modules hides one of Python's.
    """
    working = os.path.realpath(os.getcwd())
    absolute = [folder for folder in sys.path if os.path.isabs(folder)]
    return [folder for folder in absolute if os.path.realpath(folder) != working] + [str(_ROOT)]

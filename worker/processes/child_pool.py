"""Pool of child processes: started on demand, reused while idle, replaced when they die."""

from __future__ import annotations

import atexit
import os
from threading import Lock
from typing import Any

from glasses.errors import GlassesError
from worker.processes.child_process import ChildProcess, NotBegunError
from worker.processes.requests import Request

_MAX_STARTS = 3
"""Children that may die in a row before they begin a photo."""

_spare: dict[tuple[int, str], ChildProcess] = {}
"""At most one idle child, by memory limit and working directory. It outlives its pool, since many
programs classify photos one by one."""
_lock = Lock()


class ClosedError(Exception):
    """The pool was closed while its children were busy."""


class ChildPool:
    """Runs each request in a child process. Safe to call from several threads at once.

    Args:
        megabytes: Limit of each child's private memory, in MiB.
    """

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self._idle: list[ChildProcess] = []
        self._busy: set[ChildProcess] = set()
        self._is_closed = False

    def request(self, request: Request, seconds: float) -> Any:
        """Send a request to a child and return its answer.

        Args:
            request: The request.
            seconds: Time limit per photo.

        Raises:
            ChildDiedError: A child died or exceeded the time limit after it began a photo.
            GlassesError: The request cannot be answered, or no child starts.
            ClosedError: The pool was closed.
        """
        for _ in range(_MAX_STARTS):
            child = self._take()
            try:
                answer = child.request(request, seconds)
            except NotBegunError:
                status = self._discard(child)
            except BaseException:
                self._discard(child)
                raise
            else:
                self._release(child)
                return answer
        raise GlassesError(
            f"a process that decodes photos exits at its start (status {status}): check that "
            f"{self._megabytes} MB of memory are free"
        )

    def close(self) -> None:
        """Close all children but one idle child, which the next pool reuses."""
        with _lock:
            self._is_closed = True
            for child in self._busy:
                child.kill()  # closed by the thread that waits for it
            idle, self._idle = self._idle, []
            if idle and not _spare:
                _spare[self._key] = idle.pop()
        for child in idle:
            child.close()

    @property
    def _key(self) -> tuple[int, str]:
        return self._megabytes, os.getcwd()

    def _take(self) -> ChildProcess:
        with _lock:
            if self._is_closed:
                raise ClosedError
            child = self._idle.pop() if self._idle else _spare.pop(self._key, None)
            if (
                child is None or child.owner != os.getpid()
            ):  # inherited by fork: belongs to our parent
                child = ChildProcess(self._megabytes)
            self._busy.add(child)
            return child

    def _release(self, child: ChildProcess) -> None:
        with _lock:
            self._busy.discard(child)
            if not self._is_closed:
                self._idle.append(child)
                return
        child.close()

    def _discard(self, child: ChildProcess) -> int:
        with _lock:
            self._busy.discard(child)
        return child.close()


@atexit.register
def _close_spare() -> None:
    with _lock:
        for child in _spare.values():
            if child.owner == os.getpid():
                child.close()
        _spare.clear()

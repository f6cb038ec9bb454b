"""Requests of `up`, `scale` and `down`, numbered in order: the last one wins.

Each command draws a number when it starts. A waiting command checks for later requests that
contradict its own; if there is one, it exits instead of waiting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from glasses.errors import InfrastructureError
from infra.local.folder import REQUESTS, REQUESTS_LOCK, write_private
from infra.local.lock import LockBusyError, hold

_WAIT_SECONDS = 30
"""For a lock that is held only for a read and a write."""
_COUNT = "count"


class Kind(StrEnum):
    """The command that made a request."""

    UP = "up"
    """Recorded only by an `up` that starts a stack, not by one that finds it running."""
    SCALE = "scale"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Request:
    """A request of one command.

    Attributes:
        number: Sequence number; later requests have larger ones.
        kind: The command.
        processes: Number of worker processes; 0 for `down`.
    """

    number: int
    kind: Kind
    processes: int

    def __str__(self) -> str:
        """Return the command line."""
        return f"glasses {self.kind}" + (f" {self.processes}" if self.kind is Kind.SCALE else "")


def draw(home: Path, kind: Kind, processes: int = 0) -> Request:
    """Create a request with the next number, without recording it.

    Raises:
        InfrastructureError: The folder cannot be written.
    """
    with _locked(home) as stored:
        stored[_COUNT] = _count(stored) + 1
        return Request(stored[_COUNT], kind, processes)


def record(home: Path, request: Request) -> None:
    """Record a request for the supervisor and for waiting commands.

    Raises:
        InfrastructureError: The folder cannot be written.
    """
    with _locked(home) as stored:
        known = _parsed(stored.get(request.kind))
        if known is None or known.number <= request.number:
            stored[request.kind] = asdict(request)
            stored[_COUNT] = max(_count(stored), request.number)


def ask(home: Path, kind: Kind, processes: int = 0) -> Request:
    """Create a request and record it.

    Raises:
        InfrastructureError: The folder cannot be written.
    """
    request = draw(home, kind, processes)
    record(home, request)
    return request


def latest(home: Path, kind: Kind) -> Request | None:
    """Return the last request of a kind; None if there was none."""
    return _parsed(_read(home).get(kind))


def is_wanted_down(home: Path) -> bool:
    """Return whether a `down` was requested after the `up` that started the stack."""
    up, down = latest(home, Kind.UP), latest(home, Kind.DOWN)
    return bool(up and down and down.number > up.number)


def replaced_by(home: Path, request: Request, *kinds: Kind) -> Request | None:
    """Return the last later request of some kinds that contradicts a request; None without one."""
    found = [_parsed(stored) for kind, stored in _read(home).items() if kind in kinds]
    later = [each for each in found if each and each.number > request.number]
    last = max(later, key=lambda each: each.number, default=None)
    same = last and (last.kind, last.processes) == (request.kind, request.processes)
    return None if same else last


@contextmanager
def _locked(home: Path) -> Iterator[dict[str, Any]]:
    try:
        with hold(home / REQUESTS_LOCK, _WAIT_SECONDS):
            stored = _read(home)
            yield stored
            write_private(home / REQUESTS, json.dumps(stored))
    except LockBusyError:
        raise InfrastructureError(
            f"{home / REQUESTS_LOCK} has been locked for {_WAIT_SECONDS} s: stop the process "
            "that holds it (find it with `fuser`), then run this again"
        ) from None


def _read(home: Path) -> dict[str, Any]:
    try:
        stored = json.loads((home / REQUESTS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _count(stored: dict[str, Any]) -> int:
    count = stored.get(_COUNT)
    return count if isinstance(count, int) else 0


def _parsed(stored: object) -> Request | None:
    try:
        return Request(int(stored["number"]), Kind(stored["kind"]), int(stored["processes"]))  # type: ignore[index]
    except (KeyError, ValueError, TypeError):
        return None

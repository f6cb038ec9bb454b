"""Ticket queue: threads take turns in the order in which they took tickets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class TicketQueue:
    """Hands out numbers and serves them in order.

    Every number must take its turn, or later ones wait forever. Threads of a pool cannot deadlock
    if tasks are submitted in the order of their numbers.
    """

    def __init__(self) -> None:
        self._given = 0
        self._served = 0
        self._changed = Condition()

    def take(self) -> int:
        """Return the next number, which the caller must pass to `turn`."""
        with self._changed:
            self._given += 1
            return self._given - 1

    @contextmanager
    def turn(self, number: int) -> Iterator[None]:
        """Wait for the turn of a number; the turn ends with the `with` block."""
        with self._changed:
            self._changed.wait_for(lambda: self._served == number)
        try:
            yield
        finally:
            with self._changed:
                self._served += 1
                self._changed.notify_all()

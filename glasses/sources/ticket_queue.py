"""Turns: threads read from one stream in the order in which its photos were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Gives numbers out and serves them in order.

    Whoever has a number must take its turn, and those before it must be at work already: as tasks
    of a pool are that were handed in in the order of their numbers.
    """

    def __init__(self) -> None:
        self._given = 0
        self._served = 0
        self._changed = Condition()

    def number(self) -> int:
        """The next number."""
        with self._changed:
            self._given += 1
            return self._given - 1

    @contextmanager
    def turn(self, number: int) -> Iterator[None]:
        """Wait for the turn of a number, and end it."""
        with self._changed:
            self._changed.wait_for(lambda: self._served == number)
        try:
            yield
        finally:
            with self._changed:
                self._served += 1
                self._changed.notify_all()

"""Fail a test instead of blocking when a call never returns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def returns_in_time(call: Callable[[], T], seconds: float = 20) -> T:
    """Return what a call returns and raise what it raises; fail if it does not return in time."""
    done: dict[str, Any] = {}

    def run() -> None:
        try:
            done["value"] = call()
        except BaseException as error:
            done["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), f"still waiting after {seconds} s"
    if "error" in done:
        raise done["error"]
    value: T = done["value"]
    return value

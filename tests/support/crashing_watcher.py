"""`glasses watch-folder` that is killed (SIGKILL, by itself) at a chosen step of its work.

`TEST_DIES` names the step and which time it is to be the last: `sent before 2`.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from glasses.client import Client, Job
from glasses.watching import Output, State
from producer.main import main


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def half_a_row(self: Output, length: int, data: bytes) -> None:
    """A kill, or a full disk, in the middle of a row."""
    with self.path.open("r+b") as file:
        file.seek(length)
        file.write(data[: len(data) - 40])
    die()


STEPS: dict[str, tuple[Any, str]] = {
    "sending": (State, "sending"),
    "create": (Client, "_create"),
    "submit": (Client, "submit_photos"),
    "sent": (State, "sent"),
    "stage": (State, "stage"),
    "append": (Output, "append"),
    "deliver": (State, "deliver"),
    "remove": (Job, "remove"),
    "forget": (State, "forget"),
}


def dying(owner: Any, name: str, when: str, time: int) -> None:
    real, count = getattr(owner, name), 0

    def step(*args: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count == time and when == "before":
            die()
        if count == time and when == "within":
            half_a_row(*args, **options)
        found = real(*args, **options)
        if count == time:
            die()
        return found

    setattr(owner, name, step)


if __name__ == "__main__":
    assert Path("producer").is_dir()
    step, when, time = os.environ["TEST_DIES"].split()
    dying(*STEPS[step], when, int(time))
    main()

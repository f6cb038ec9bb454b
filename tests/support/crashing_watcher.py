"""`glasses watch-folder` that kills itself (SIGKILL) at a chosen step.

`TEST_CRASH` states the step, before or after it, and at which call: `sent before 2`.
"""

from __future__ import annotations

import os
import signal
from typing import Any

import glasses.client
from glasses.client import Client, Job
from producer import main as producer
from producer.watching import RowsFile, WatchState


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def half_a_row(self: RowsFile, length: int, data: bytes) -> None:
    """Write only part of a row, as a kill or a full disk would."""
    with self.path.open("r+b") as file:
        file.seek(length)
        file.write(data[: len(data) - 40])
    die()


STEPS: dict[str, tuple[Any, str]] = {
    "sending": (WatchState, "sending"),
    "create": (glasses.client, "create_job"),
    "submit": (Client, "submit_photos"),
    "sent": (WatchState, "sent"),
    "stage": (WatchState, "stage"),
    "append": (RowsFile, "append"),
    "deliver": (WatchState, "deliver"),
    "remove": (Job, "remove"),
    "forget": (WatchState, "forget"),
}


def crash(owner: Any, name: str, when: str, time: int) -> None:
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


def main() -> None:
    """Watch the folder."""
    step, when, time = os.environ["TEST_CRASH"].split()
    crash(*STEPS[step], when, int(time))
    producer.main()


if __name__ == "__main__":
    main()

"""`glasses workers`: who works, and how fast."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from producer.counted import counted
from producer.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasses.workers import WorkerInfo

POLL_SECONDS = 2.0
_CLEAR = "\x1b[H\x1b[J"


def command(
    watch: Annotated[
        bool, typer.Option("--watch", help="Print them again every 2 s, until interrupted.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """List the live workers: their processes, rate, model and memory."""
    from glasses.client import Client
    from glasses.local_stack import starts_workers
    from producer.machine import WorkersOutput, as_json
    from producer.narration import say

    with Client(tell=say) as client:
        start = starts_workers(client.settings)
        while True:
            found, now = client.workers()
            if watch and sys.stdout.isatty() and not json_:
                sys.stdout.write(_CLEAR)
            if json_:
                typer.echo(as_json(WorkersOutput(tuple(found))))
            else:
                for line in table(found, now):
                    typer.echo(line)
                say(total(found) if found else f"no worker runs: start some ({start})")
            if not watch:
                return
            sys.stdout.flush()
            time.sleep(POLL_SECONDS)


def table(workers: Sequence[WorkerInfo], now: float) -> list[str]:
    """One line a worker host.

    Args:
        workers: Those that live.
        now: By Redis' clock, Unix time in s.
    """
    width = max([len("HOST:PID"), *(len(worker.worker_id) for worker in workers)])
    lines = [f"{'HOST:PID':<{width}}  PROCESSES  BUSY  PHOTOS/S    MEMORY  SEEN  MODEL"]
    for worker in workers:
        memory = "" if worker.memory_mb is None else f"{worker.memory_mb:.0f} MB"
        lines.append(
            f"{worker.worker_id:<{width}}  {worker.processes:>9}  {worker.busy:>4}  "
            f"{worker.photos_per_second:>8.1f}  {memory:>8}  "
            f"{max(0, now - worker.seen):>2.0f} s  {worker.model}"
        )
    return lines


def total(workers: Sequence[WorkerInfo]) -> str:
    """All of them in a line; there are some."""
    from glasses.workers import hosts

    rate = sum(worker.photos_per_second for worker in workers)
    processes = sum(worker.processes for worker in workers)
    have = f"{counted(hosts(workers), 'host')}, {counted(processes, 'process')}"
    return f"{have}, {rate:.1f} photos/s in the last 30 s"

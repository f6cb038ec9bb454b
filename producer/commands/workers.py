"""`glasses workers`: list the live workers and their throughput."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import JsonOption
from producer.pluralize import pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasses.ledger.workers import WorkerInfo

POLL_SECONDS = 2.0
_CLEAR = "\x1b[H\x1b[J"


def command(
    watch: Annotated[
        bool, typer.Option("--watch", help="Refresh every 2 s until interrupted.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """List the live workers: their processes, rate, model and memory."""
    from glasses.client import Client
    from glasses.config.local_stack import start_workers_hint
    from producer.console import log_status
    from producer.json_output import WorkersOutput, as_json
    from producer.rows import printable

    with Client(notify=log_status) as client:
        start_command = start_workers_hint(client.settings)
        while True:
            workers, now = client.workers()
            if watch and sys.stdout.isatty() and not json_:
                sys.stdout.write(_CLEAR)
            if json_:
                typer.echo(as_json(WorkersOutput(tuple(workers))))
            else:
                for line in table(workers, now):
                    typer.echo(printable(line))
                for worker in workers:
                    if worker.trouble:
                        log_status(printable(f"{worker.worker_id}: {worker.trouble}"))
                none = f"no worker is running: start some ({start_command})"
                log_status(total(workers) if workers else none)
            if not watch:
                return
            sys.stdout.flush()
            time.sleep(POLL_SECONDS)


def table(workers: Sequence[WorkerInfo], now: float) -> list[str]:
    """Return a header and one line per worker.

    Args:
        workers: The live workers.
        now: Unix time of Redis' clock in s.
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
    """Return the number of hosts, processes and photos per second of at least one worker."""
    from glasses.ledger.workers import hosts

    rate = sum(worker.photos_per_second for worker in workers)
    processes = sum(worker.processes for worker in workers)
    counts = f"{pluralize(hosts(workers), 'host')}, {pluralize(processes, 'process')}"
    return f"{counts}, {rate:.1f} photos/s in the last 30 s"

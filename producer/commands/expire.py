"""`glasses expire`: delete expired jobs now."""

from __future__ import annotations

import dataclasses
import json

import typer

from producer.options import JsonOption


def command(json_: JsonOption = False) -> None:
    """Delete jobs whose retention has passed, with their photos. Workers do this every hour.

    Run it regularly (cron) if workers run rarely. Photos that another job needs are kept.
    """
    from glasses.client import Client
    from glasses.jobs.expiry import expire
    from glasses.ledger.owned_lock import LockBusyError
    from glasses.ledger.redis_client import redis_errors
    from producer.console import log_status

    with Client(notify=log_status) as client, redis_errors(client.settings):
        try:
            report = expire(client.settings, client.redis, client.store)
        except LockBusyError:
            log_status("another process is deleting expired jobs at the moment")
            return
    if json_:
        typer.echo(json.dumps(dataclasses.asdict(report)))
    else:
        typer.echo(str(report) or "nothing has expired")

"""`glasses rm`: remove jobs with their photos."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from producer.completion import complete_job
from producer.counted import counted
from producer.options import JsonOption


def command(
    jobs: Annotated[
        list[str],
        typer.Argument(
            metavar="JOB…",
            help="Job ids, their beginnings, or names.",
            autocompletion=complete_job,
        ),
    ],
    json_: JsonOption = False,
) -> None:
    """Remove jobs: their photos and their verdicts. Photos that another job needs stay.

    None is removed if one of them is not found. --json prints a line a job.
    """
    from glasses.client import Client
    from glasses.redis_client import redis_errors
    from glasses.removal import remove_job
    from producer.narration import say

    with Client(tell=say) as client:
        found = {job.id: job for job in map(client.job, jobs)}
        for job in found.values():
            with redis_errors(client.settings):
                removed = remove_job(client.redis, client.store, job.id)
            if json_:
                facts = {
                    "photos_removed": removed.photos,
                    "photos_kept": removed.kept,
                    "photos_in_place": removed.in_place,
                }
                typer.echo(json.dumps({"job_id": job.id, **facts}))
            else:
                typer.echo(
                    f"job {job.id} removed, with {counted(removed.photos, 'photo')}"
                    + (f"; {removed.kept} kept, which other jobs have" if removed.kept else "")
                    + (f"; {removed.in_place} left where they lie" if removed.in_place else "")
                )

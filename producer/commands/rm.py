"""`glasses rm`: remove jobs with their photos and verdicts."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from producer.completion import complete_job
from producer.options import JsonOption
from producer.pluralize import pluralize


def command(
    jobs: Annotated[
        list[str],
        typer.Argument(
            metavar="JOB…",
            help="Job ids, names or id prefixes.",
            autocompletion=complete_job,
        ),
    ],
    json_: JsonOption = False,
) -> None:
    """Remove jobs with their photos and verdicts. Photos that another job needs are kept.

    Nothing is removed if any of the jobs is not found. The same command resumes an interrupted
    removal. --json prints one line per job.
    """
    from glasses.client import Client
    from glasses.jobs.removal import remove_job
    from glasses.ledger.redis_client import redis_errors
    from producer.console import log_status

    with Client(notify=log_status) as client:
        found = {job.id: job for job in map(client.find_removable, jobs)}
        for job in found.values():
            with redis_errors(client.settings):
                removed = remove_job(client.redis, client.store, job.id)
            for other in sorted(removed.unread - {job.id}):
                log_status(
                    f"the manifest of job {other} cannot be read (damaged, or of a newer version): "
                    f"photos of job {job.id} that it may need are kept until they expire"
                )
            if job.id in removed.unread:
                log_status(
                    f"the manifest of job {job.id} is damaged: photos that it no longer lists are "
                    "kept until they expire"
                )
            if json_:
                facts = {
                    "photos_removed": removed.photos,
                    "photos_kept": removed.kept,
                    "photos_in_place": removed.in_place,
                }
                typer.echo(json.dumps({"job_id": job.id, **facts}))
            else:
                typer.echo(
                    f"job {job.id} removed, with {pluralize(removed.photos, 'photo')}"
                    + (f"; {removed.kept} kept for other jobs" if removed.kept else "")
                    + (f"; {removed.in_place} left in place" if removed.in_place else "")
                )

"""`glasses results`: a job's verdicts."""

from __future__ import annotations

from typing import Annotated

import typer

from producer.options import FormatOption, JobArgument, OnlyOption, OutputOption


def command(
    job: JobArgument,
    format_: FormatOption = None,
    output: OutputOption = None,
    only: OnlyOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Print verdicts as they arrive, until the job ends.")
    ] = False,
) -> None:
    """Print a job's verdicts, one row a photo, in the order of submission."""
    from glasses.client import Client
    from producer import incomplete
    from producer.narration import say
    from producer.output import Output

    wanted = Output.of(output, format_)
    with Client(tell=say) as client:
        found = client.job(job, newest=True)
        with wanted.open(only) as writer:
            if follow:
                for batch in found.follow():
                    writer.write(batch)
            else:
                writer.write(found.verdicts())
        incomplete.warn(found.status())
    raise typer.Exit(wanted.ended(writer))

"""`glasses exporter`: metrics for Prometheus."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 9210,
    address: Annotated[
        str, typer.Option(help="Where it listens; 0.0.0.0 lets other machines read.")
    ] = "127.0.0.1",
) -> None:
    """Serve metrics of queue, jobs and workers for Prometheus, until interrupted."""
    from glasses.logs import set_up
    from glasses.settings import get_settings
    from infra.monitoring.exporter import run
    from producer.narration import say

    settings = get_settings()
    set_up("INFO", settings.log_format)
    run(
        settings,
        address,
        port,
        lambda found: say(f"metrics at http://{address}:{found}/metrics"),
    )

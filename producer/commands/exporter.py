"""`glasses exporter`: serve metrics for Prometheus."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port; 0 selects a free one.")
    ] = 9210,
    address: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 admits other machines.")
    ] = "127.0.0.1",
) -> None:
    """Serve queue, job and worker metrics for Prometheus until interrupted."""
    import logging

    from glasses.config.logs import configure_logging
    from glasses.config.settings import get_settings
    from infra.monitoring.exporter import run
    from producer.console import log_status

    settings = get_settings()
    as_json = configure_logging("INFO", settings.log_format)
    say = logging.getLogger(__name__).info if as_json else log_status
    run(
        settings,
        address,
        port,
        lambda bound_port: say(f"metrics at http://{address}:{bound_port}/metrics"),
    )

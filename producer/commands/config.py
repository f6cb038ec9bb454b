"""`glasses config`: print the settings in effect."""

from __future__ import annotations

import json

import typer

from producer.options import JsonOption


def command(json_: JsonOption = False) -> None:
    """Print every setting with its value (secrets hidden) and its source.

    Variables that look like settings and are none are reported on stderr.
    """
    from glasses.config.settings import get_settings, setting_sources, unknown_variables
    from glasses.ledger.redis_client import address
    from producer.console import log_status

    settings = get_settings()
    values = settings.model_dump(mode="json")
    if settings.redis_url is not None:
        values["redis_url"] = address(settings)
    origin = setting_sources(settings)
    for problem in unknown_variables():
        log_status(problem)
    if json_:
        rows = {name: {"value": values[name], "source": origin[name]} for name in values}
        typer.echo(json.dumps(rows))
        return
    width = max(map(len, values))
    for name, value in values.items():
        typer.echo(f"{name:<{width}}  {'' if value is None else value!s:<40}  {origin[name]}")

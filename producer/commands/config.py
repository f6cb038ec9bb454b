"""`glasses config`: the settings in effect."""

from __future__ import annotations

import json

import typer

from producer.options import JsonOption


def command(json_: JsonOption = False) -> None:
    """Print every setting, its value (secrets hidden) and where it comes from."""
    from glasses.redis_client import address
    from glasses.settings import get_settings, sources

    settings = get_settings()
    values = settings.model_dump(mode="json")
    if settings.redis_url is not None:
        values["redis_url"] = address(settings)
    origin = sources(settings)
    if json_:
        rows = {name: {"value": values[name], "source": origin[name]} for name in values}
        typer.echo(json.dumps(rows))
        return
    for name, value in values.items():
        typer.echo(f"{name:<18}  {'' if value is None else value!s:<40}  {origin[name]}")

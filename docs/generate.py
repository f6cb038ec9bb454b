"""`make docs`: writes the parts of the docs that come from the code; `--check` only compares."""

from __future__ import annotations

import html
import os
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from docs.schema_page import page
from docs.schemas import OUTPUTS, as_file
from docs.speed import readme
from producer.examples import TITLE
from producer.main import app

HERE = Path(__file__).parent
_EXAMPLES = re.compile(rf"\x08\n{TITLE}\n((?:  .+\n)+)")


def cli() -> str:
    """The reference of every command, as `--help` prints it."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="glasses")
    text = get_docs_for_click(obj=command, ctx=context, name="glasses")
    text = _EXAMPLES.sub(_as_block, html.unescape(text))
    return text.strip() + "\n"


def _as_block(found: re.Match[str]) -> str:
    lines = [f"$ {line.strip()}" for line in found[1].splitlines()]
    return "\n".join([f"**{TITLE[:-1]}**:", "", "```console", *lines, "```"]) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "schema.md": page,
    "../README.md": readme,
    **{f"{name}.schema.json": partial(as_file, model) for name, model in OUTPUTS.items()},
}


def stale() -> list[str]:
    """Files that differ from what the code says."""
    return [
        name
        for name, make in GENERATED.items()
        if not (HERE / name).exists() or (HERE / name).read_text("utf-8") != make()
    ]


def main() -> None:
    """Write, or with `--check` compare."""
    if "--check" in sys.argv[1:]:
        if names := stale():
            paths = ", ".join(os.path.normpath(f"docs/{name}") for name in names)
            sys.exit(f"{paths} do not match what they come from: run `make docs`")
        return
    for name, make in GENERATED.items():
        (HERE / name).write_text(make(), "utf-8")


if __name__ == "__main__":
    main()

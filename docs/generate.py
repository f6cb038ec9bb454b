"""`make docs`: write the pages that are generated from the code; `--check` only compares them."""

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

from docs import formats_page, prometheus_rule
from docs.schema_page import page
from docs.schemas import OUTPUTS, as_file
from docs.speed import readme
from producer.examples import TITLE
from producer.exit_codes import BY_COMMAND, MEANINGS
from producer.main import app

FOLDER = Path(__file__).parent
_EXAMPLES = re.compile(rf"\x08\n{TITLE}\n((?:  .+\n)+)")


def cli() -> str:
    """Return the reference of all commands, with the text of `--help`."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="glasses")
    text = get_docs_for_click(obj=command, ctx=context, name="glasses")
    text = _EXAMPLES.sub(_console_block, html.unescape(text))
    return f"{text.strip()}\n\n{_exit_codes()}"


def _exit_codes() -> str:
    lines = ["## Exit codes", "", "| command | code | meaning |", "|---|---|---|"]
    lines += [f"| every command | {code} | {meaning} |" for code, meaning in MEANINGS.items()]
    for command, codes in BY_COMMAND.items():
        lines += [f"| `{command}` | {code} | {meaning} |" for code, meaning in codes.items()]
    return "\n".join(lines) + "\n"


def _console_block(examples: re.Match[str]) -> str:
    lines = [f"$ {line.strip()}" for line in examples[1].splitlines()]
    return "\n".join([f"**{TITLE[:-1]}**:", "", "```console", *lines, "```"]) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "formats.md": formats_page.page,
    "schema.md": page,
    "../README.md": readme,
    "../infra/kubernetes/components/prometheus-operator/rules.yaml": prometheus_rule.rule,
    **{f"{name}.schema.json": partial(as_file, model) for name, model in OUTPUTS.items()},
}
"""Path relative to this folder -> function that returns the file's text."""


def stale() -> list[str]:
    """Return the generated files that differ from what the code generates."""
    return [
        name
        for name, generate in GENERATED.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != generate()
    ]


def main() -> None:
    """Write all generated files, or compare them if `--check` is given."""
    if "--check" in sys.argv[1:]:
        if names := stale():
            paths = ", ".join(os.path.normpath(f"docs/{name}") for name in names)
            sys.exit(f"generated files are out of date: {paths}. Run `make docs`.")
        return
    for name, generate in GENERATED.items():
        (FOLDER / name).write_text(generate(), "utf-8")


if __name__ == "__main__":
    main()

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from docs.generate import cli
from producer.examples import EXAMPLES
from producer.help_groups import GROUPS
from producer.main import app

GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)  # type: ignore[attr-defined]
LINES = [(name, line) for name, lines in EXAMPLES.items() for line in lines]


def calls(line: str) -> Iterator[list[str]]:
    """Return the calls of `glasses` in a shell line with pipes and redirections."""
    for part in re.split(r"\s[|]\s", line):
        words = shlex.split(part)
        if words[0] == "glasses":
            yield words[1 : words.index(">") if ">" in words else None]


def shown(name: str) -> list[str]:
    arguments = ["--help"] if name == "glasses" else [name, "--help"]
    done = CliRunner().invoke(app, arguments, prog_name="glasses", terminal_width=80)
    assert done.exit_code == 0
    assert "\b" not in done.output
    return [line.strip() for line in done.output.splitlines()]


@pytest.mark.parametrize("name", ["glasses", *COMMANDS])
def test_help_ends_in_examples(name: str) -> None:
    lines = shown(name)
    start = lines.index("Examples:") + 1
    assert tuple(lines[start : start + len(EXAMPLES[name])]) == EXAMPLES[name]


def test_every_command_is_in_one_group_with_its_full_first_sentence() -> None:
    lines = shown("glasses")
    groups = lines[lines.index("Classify:") : lines.index("Examples:")]
    listed = [line.split()[0] for line in groups if line.split(" ")[0] in COMMANDS]
    assert sorted(listed) == COMMANDS
    assert {f"{title}:" for title in GROUPS} <= set(groups)
    assert not [line for line in groups if line.endswith("...")]


def test_every_example_belongs_to_an_existing_command() -> None:
    assert set(EXAMPLES) == {"glasses", *COMMANDS}


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line for _, line in LINES])
def test_every_example_is_accepted_by_its_command(name: str, line: str) -> None:
    found = list(calls(line))
    assert found, "no `glasses` in it"
    for command, *arguments in found:
        assert name in {command, "glasses"}
        # Parses and converts everything, and runs nothing.
        GROUP.commands[command].make_context(command, arguments)  # type: ignore[attr-defined]


def test_an_invalid_example_is_detected() -> None:
    with pytest.raises(Exception, match="No such option"):
        GROUP.commands["results"].make_context("results", ["a", "--olny", "glasses"])  # type: ignore[attr-defined]


def test_the_reference_shows_examples_as_code_blocks() -> None:
    text = cli()
    assert "\b" not in text
    for _, line in LINES:
        assert f"\n$ {line}\n" in text

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from docs.generate import cli
from producer.examples import EXAMPLES
from producer.grouped import GROUPS
from producer.main import app

GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)  # type: ignore[attr-defined]
LINES = [(name, line) for name, lines in EXAMPLES.items() for line in lines]


def calls(line: str) -> Iterator[list[str]]:
    """The calls of `glasses` in a line of a shell: it may be part of a pipe, or redirected."""
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


def test_every_command_stands_in_one_group_with_its_first_sentence_whole() -> None:
    lines = shown("glasses")
    groups = lines[lines.index("Judge photos:") : lines.index("Examples:")]
    listed = [line.split()[0] for line in groups if line.split(" ")[0] in COMMANDS]
    assert sorted(listed) == COMMANDS
    assert {f"{title}:" for title in GROUPS} <= set(groups)
    assert not [line for line in groups if line.endswith("...")]


def test_no_example_is_of_a_command_that_is_gone() -> None:
    assert set(EXAMPLES) == {"glasses", *COMMANDS}


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line for _, line in LINES])
def test_example_is_a_call_that_the_command_takes(name: str, line: str) -> None:
    found = list(calls(line))
    assert found, "no `glasses` in it"
    for command, *arguments in found:
        assert name in {command, "glasses"}
        # Parses and converts everything, and runs nothing.
        GROUP.commands[command].make_context(command, arguments)  # type: ignore[attr-defined]


def test_example_that_is_wrong_would_be_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        GROUP.commands["results"].make_context("results", ["a", "--olny", "glasses"])  # type: ignore[attr-defined]


def test_reference_shows_them_as_blocks() -> None:
    text = cli()
    assert "\b" not in text
    for _, line in LINES:
        assert f"\n$ {line}\n" in text

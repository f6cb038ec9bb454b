"""Every command and option that a page mentions is accepted by the program's own parser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from producer.main import app
from tests.support import documents
from training.cli import app as training

PROGRAMS: dict[str, Any] = {
    "glasses": typer.main.get_command(app),
    "glasses-train": typer.main.get_command(training),
}
ENDS = {"|", "&&", ";", ">", ">>", "<", ")"}
GENERATED = documents.ROOT / "docs" / "cli.md"
OPTION = re.compile(r"--[a-z][a-z-]*|-[a-zA-Z0]\b")
OTHERS = {"--profile", "--flat", "--user", "--file", "--minio"}
"""Options of other programs (Compose, benchmarks, `make containers`) that pages mention."""


def calls(line: str) -> Iterator[tuple[str, list[str]]]:
    """Return the calls of our programs in a shell line, without redirections."""
    try:
        words = shlex.split(re.sub(r"\\\n", " ", line), comments=True)
    except ValueError:  # prose that only looks like a call
        words = line.split()
    for number, word in enumerate(words):
        before = words[number - 1] if number else "|"
        if word in PROGRAMS and (before in {"|", "&&", ";", "(", "$"} or "=" in before):
            rest = words[number + 1 :]
            ends = [at for at, each in enumerate(rest) if each in ENDS]
            yield word, rest[: ends[0]] if ends else rest


def found(program: str, words: list[str]) -> tuple[Any, str, list[str]]:
    """Return the command that the words name, and the remaining words."""
    command, path, rest = PROGRAMS[program], program, list(words)
    while rest and rest[0] in subcommands(command):
        path += f" {rest[0]}"
        command = subcommands(command)[rest.pop(0)]
    return command, path, rest


def subcommands(command: Any) -> dict[str, Any]:
    """Return the subcommands by name; only groups have some."""
    return getattr(command, "commands", {})


def fault(program: str, words: list[str]) -> str | None:
    """Return what is wrong with a call in prose; N, JOB and … stand for values."""
    command, path, rest = found(program, words)
    if subcommands(command) and rest and re.fullmatch(r"[a-z][a-z-]+", rest[0]):
        return f"{path} has no command {rest[0]}"
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    known |= {"--help", "-h", "--install-completion", "--show-completion"}
    wrong = [w for word in rest if OPTION.fullmatch(w := word.split("=")[0]) and w not in known]
    return f"{path} has no option {', '.join(wrong)}" if wrong else None


@pytest.mark.parametrize("page", documents.ALL, ids=documents.name)
def test_commands_in_prose_exist(page: Path) -> None:
    spans = [span for span in documents.code_spans(page) if span.split()[0] in PROGRAMS]
    faults = [fault(*call) for span in spans for call in calls(span)]
    assert [each for each in faults if each] == []


@pytest.mark.parametrize("page", [p for p in documents.ALL if p != GENERATED], ids=documents.name)
def test_commands_in_code_blocks_are_accepted(page: Path) -> None:
    for block in documents.consoles(page):
        for step in block.steps():
            for program, words in calls(step.command):
                command, path, rest = found(program, words)
                try:  # Parses and converts everything, and runs nothing.
                    command.make_context(path, rest)
                except typer.Exit:  # --help, --version
                    continue
                except Exception as error:
                    pytest.fail(f"{documents.name(page)}:{step.line}: {error!r}")


@pytest.mark.parametrize("page", documents.RUN, ids=documents.name)
def test_options_in_prose_exist(page: Path) -> None:
    known = set(OTHERS)
    for program in PROGRAMS.values():
        for command in [program, *subcommands(program).values()]:
            for each in command.params:
                known |= {*each.opts, *each.secondary_opts}
    lone = [span for span in documents.code_spans(page) if span.startswith("-")]
    named = [option for span in lone for option in OPTION.findall(span.split("=")[0])]
    assert [option for option in named if option not in known] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("glasses results JOB --olny glasses", True),
        ("glasses reslts JOB", True),
        ("glasses results JOB --only glasses > a.csv", False),
        ("find . | glasses submit --from-file - --nul", True),
        ("GLASSES_MODEL=x glasses up --workers N", False),
        ("glasses-train detector fit --eopchs 3", True),
        ("glasses-train all --data data", False),
    ],
)
def test_invalid_calls_are_detected(line: str, wrong: bool) -> None:
    every = list(calls(line))
    assert every
    assert any(fault(*call) for call in every) is wrong

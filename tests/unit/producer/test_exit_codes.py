"""Pages, `--help` and the program state the same exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from glasses.errors import GlassesError
from producer import exit_codes
from producer.main import app

ROOT = Path(__file__).parents[3]
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("command", ["glasses", *COMMANDS])
def test_help_and_the_table_state_the_codes_of_a_command(command: str) -> None:
    arguments = ["--help"] if command == "glasses" else [command, "--help"]
    printed = words(CliRunner().invoke(app, arguments, prog_name="glasses").output)
    stated = exit_codes.help_text(command)
    assert stated in printed
    assert printed.count("Exit codes:") == bool(stated)
    table = (ROOT / "docs" / "cli.md").read_text("utf-8").partition("\n## Exit codes\n")[2]
    rows = [row for row in table.splitlines() if row.startswith(f"| `{command}` |")]
    assert rows == [
        f"| `{command}` | {code:d} | {meaning} |"
        for code, meaning in exit_codes.BY_COMMAND.get(command, {}).items()
    ]


def test_the_readme_states_all_codes() -> None:
    assert exit_codes.help_text("glasses") in words((ROOT / "README.md").read_text("utf-8"))
    assert set(exit_codes.MEANINGS) == set(exit_codes.ExitCode)


def test_only_existing_commands_have_codes() -> None:
    assert set(exit_codes.BY_COMMAND) <= set(COMMANDS)


def test_every_error_has_one_of_the_codes() -> None:
    errors = [GlassesError]
    for error in errors:
        errors += error.__subclasses__()
        assert isinstance(error.exit_code, exit_codes.ExitCode)
    assert len(errors) > 5

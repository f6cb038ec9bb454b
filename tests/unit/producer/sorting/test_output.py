"""What `sort` prints can be used as it is."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from producer.sorting import SortSummary, output


def test_the_undo_command_can_be_pasted_into_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    into = Path("my sorted/$HOME's")
    command = output.sort_command("abcd2345", into)
    assert shlex.split(command) == ["glasses", "sort", "abcd2345", "--into", str(into)]
    output.log_undo(command)
    done = SortSummary()
    done.regrouped = 1
    output.log_interrupted(done, command)
    assert capsys.readouterr().err.count(f"`{command} --undo` undoes this.") == 2

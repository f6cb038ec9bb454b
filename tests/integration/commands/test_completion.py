"""Shell completion, as bash and zsh request it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger.redis_client import ANSWER_SECONDS
from infra.local.workers import environment
from tests.support.classified_job import outcome, submit_classified

ROOT = Path(__file__).parents[3]
COMPLETE = """
COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_glasses_completion glasses
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """Return a home with `glasses` in its `bin`."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "glasses"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m producer "$@"\n')
    program.chmod(0o755)
    return tmp_path


def variables(home: Path, settings: Settings | None) -> dict[str, str]:
    path = os.pathsep.join([str(home / "bin"), os.environ["PATH"]])
    found = {"HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT), "GLASSES_HOME": str(home)}
    return found | (environment(settings) if settings else {})


def bash(home: Path, script: str, *words: str, settings: Settings | None = None) -> list[str]:
    if not shutil.which("bash"):
        pytest.skip("needs bash")
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *words],
        env=variables(home, settings),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def completed(home: Path, *words: str, settings: Settings | None = None) -> list[str]:
    script = 'eval "$(glasses --show-completion)"' + COMPLETE
    return [word for word in bash(home, script, *words, settings=settings) if word]


def zsh(home: Path, line: str, settings: Settings) -> str:
    asked: Mapping[str, str] = {"_GLASSES_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line}
    done = subprocess.run(
        [home / "bin" / "glasses"],
        env=variables(home, settings) | asked,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


def test_commands_options_and_option_values_are_completed(shell: Path) -> None:
    assert completed(shell, "glasses", "re") == ["resume", "results", "report", "reconcile"]
    assert completed(shell, "glasses", "results", "--fo") == ["--format", "--follow"]
    assert completed(shell, "glasses", "results", "x", "--format", "") == [
        "table", "jsonl", "csv", "parquet",
    ]  # fmt: skip


def test_installed_completion_works_in_a_new_shell(shell: Path) -> None:
    bash(shell, "glasses --install-completion > /dev/null; true")
    assert bash(shell, ". ~/.bashrc" + COMPLETE, "glasses", "cla") == ["classify"]


def test_jobs_are_completed_by_id_and_by_name(
    settings: Settings, client: Client, shell: Path, collection: Path
) -> None:
    judged = {"a.jpg": outcome()}
    holiday = submit_classified(client, collection, judged, name="holiday").id
    spaced = submit_classified(client, collection, judged, name="my holiday").id
    both = [submit_classified(client, collection, judged, name="twice").id for _ in range(2)]
    for command in ("status", "results", "rm", "reconcile"):
        found = completed(shell, "glasses", command, "", settings=settings)
        assert sorted(found) == sorted([holiday, spaced, *both, "holiday"])
    assert completed(shell, "glasses", "watch", "hol", settings=settings) == ["holiday"]
    assert completed(shell, "glasses", "rm", spaced[:5], settings=settings) == [spaced]
    assert completed(shell, "glasses", "correct", "--job", "hol", settings=settings) == ["holiday"]
    assert f'"{spaced}":"my holiday"' in zsh(shell, "glasses status ", settings)


@pytest.mark.parametrize("name", ["$(touch x)", "\\$(touch x)", "`x`", "a'b\"c", "[/bold]", "a*b"])
def test_names_that_a_shell_would_execute_are_not_offered(
    settings: Settings, client: Client, shell: Path, collection: Path, name: str
) -> None:
    job = submit_classified(client, collection, {"a.jpg": outcome()}, name=name).id
    assert completed(shell, "glasses", "status", "", settings=settings) == [job]
    offered = zsh(shell, "glasses status ", settings)
    assert job in offered
    (_, what) = offered.split('":"')
    assert not set("$`\\'*[") & set(what.removesuffix("))'\n").removesuffix('"'))


def test_completion_without_servers_prints_nothing(shell: Path) -> None:
    assert completed(shell, "glasses", "status", "") == []


def test_invalid_settings_cause_no_error_at_a_prompt(shell: Path) -> None:
    (shell / "glasses.toml").write_text("nonsense = 1")
    script = 'cd ~; export GLASSES_CONFIG=glasses.toml; eval "$(glasses --show-completion)"'
    script += COMPLETE
    assert bash(shell, script, "glasses", "status", "") == [""]


def test_completion_does_not_wait_for_an_unresponsive_server(
    settings: Settings, shell: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = SecretStr(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        lost = settings.model_copy(update={"redis_url": url})
        started = time.monotonic()
        assert completed(shell, "glasses", "status", "", settings=lost) == []
        assert time.monotonic() - started < ANSWER_SECONDS

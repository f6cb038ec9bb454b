"""The commands on each page are run in order and print what the page shows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.config.settings import load_settings
from infra.local import seaweed
from infra.local.process import find_marked, stop
from infra.local.stack import up
from tests.support import documents
from tests.support.documents import ROOT, RUN, Block
from tests.support.output_match import matches, with_neutral_names
from tests.support.shell import Shell

STACK = ".glasses"
NOT_RUN = re.compile(
    r"make (demo|test)$|(\S+/)?python3? -m (venv|pip install|worker)\b|\. \.venv/bin/activate$"
    r"|kubectl |docker compose |cp infra/compose/|glasses-train all |glasses scale \d+ --apply$"
)
"""Prefixes of commands that may be shown without being run."""


@pytest.fixture(scope="module")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the stack for pages that do not start one."""
    home = tmp_path_factory.mktemp("stack").resolve()
    up(home, 2, load_settings())
    yield home
    end(home)


def end(home: Path) -> None:
    """Stop everything that runs from a folder."""
    stop([], [identity for _, identity in find_marked(home)], timeout=0)
    seaweed.remove_sockets(home)


@pytest.fixture
def shell(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shell]:
    """Yield a shell with the demo photos, and with servers if the page starts none."""
    folder = tmp_path.resolve()
    shutil.copytree(ROOT / "demo" / "photos", folder / "demo" / "photos")
    own = any("glasses up" in block.text for block in run_blocks(page))
    home = folder / STACK if own else request.getfixturevalue("shared_stack")
    yield Shell(folder, {"GLASSES_HOME": str(home), "CHECKOUT": str(ROOT)})
    end(folder / STACK)


def run_blocks(page: Path) -> list[Block]:
    """Return the console blocks that are run."""
    return [block for block in documents.consoles(page) if block.mark_of("not run") is None]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", RUN, ids=documents.name)
def test_commands_of_a_page_print_what_it_shows(page: Path, shell: Shell) -> None:
    faults: list[str] = []
    for block in documents.blocks(page):
        if (file := block.mark_of("file")) is not None:
            (shell.folder / file).write_text(block.text, "utf-8")
        if block.language != "console" or block.mark_of("not run") is not None:
            continue
        if before := block.mark_of("before"):
            code, came = shell.run(before)
            assert code == 0, f"{documents.name(page)}:{block.line}: {before}\n{came}"
        for step in block.steps():
            code, came = shell.run(step.command)
            came = with_neutral_names(came, shell.folder)
            where = f"{documents.name(page)}:{step.line}: $ {step.command}"
            if code != step.code:
                faults.append(f"{where}\nexit code {code}, not {step.code}\n{came}")
            elif not matches(step.shown, came):
                faults.append(f"{where}\nshows\n{step.shown}\nbut it is\n{came}")
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("page", RUN, ids=documents.name)
def test_blocks_that_are_not_run_state_a_known_reason(page: Path) -> None:
    for block in documents.consoles(page):
        why = block.mark_of("not run")
        if why is None:
            continue
        assert len(why.split()) >= 2, f"{documents.name(page)}:{block.line}: say why"
        for step in block.steps():
            where = f"{documents.name(page)}:{step.line}: {step.command}"
            assert NOT_RUN.match(step.command), f"{where} may be run"


def test_most_commands_are_run() -> None:
    every = [step for page in RUN for block in documents.consoles(page) for step in block.steps()]
    run = [step for page in RUN for block in run_blocks(page) for step in block.steps()]
    assert len(run) > 2 / 3 * len(every)


def test_pages_that_install_activate_the_environment_first() -> None:
    for page in RUN:
        commands = [step.command for block in documents.consoles(page) for step in block.steps()]
        if any("make demo" in each or "-m venv" in each for each in commands):
            first = next(n for n, each in enumerate(commands) if each.startswith("glasses "))
            assert ". .venv/bin/activate" in commands[:first], documents.name(page)


def test_stated_exit_codes_belong_to_commands_on_the_page() -> None:
    for page in RUN:
        for block in documents.consoles(page):
            codes = (block.mark_of("exits") or "").split()
            assert len(codes) <= len(block.steps()), f"{documents.name(page)}:{block.line}"


@pytest.mark.parametrize(
    ("shown", "came", "same"),
    [
        ("$ vm 3 of 4", "$ vm 3 of 5", False),
        ("up on port http://127.0.0.1:17", "up on port http://127.0.0.1:24840", True),
        ("wait\n…\nend", "wait\none\ntwo\nend", True),
        ("wait\n…\nend", "wait\none\ntwo\nended", False),
        ("model a@0123456789ab, 0.93", "model a@ba9876543210,  0.123", True),
        ("in … at 10:00", "in 7 s, at 23:59", True),
        ("in … at 10:00", "in 7 s, at noon", False),
        ("", "something", False),
    ],
)
def test_comparison_ignores_only_what_differs_between_runs(
    shown: str, came: str, same: bool
) -> None:
    assert matches(shown, came) is same

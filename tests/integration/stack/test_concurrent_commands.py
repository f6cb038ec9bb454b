"""Concurrent `up`, `scale` and `down` take turns, and the last one wins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from glasses.config.settings import load_settings
from glasses.config.stack_file import read_stack
from infra.local.lock import holder
from infra.local.process import find_marked
from infra.local.requests import Kind, ask
from infra.local.stack import down, up
from tests.support.wait import WAIT_SECONDS, wait_until

Start = Callable[..., "Command"]


class Command:
    """A running `glasses` whose messages can be read meanwhile."""

    def __init__(self, home: Path, words: tuple[str, ...], narration: Path) -> None:
        self._narration = narration
        with narration.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "producer", *words],
                env={**os.environ, "GLASSES_HOME": str(home)},
                stdout=subprocess.DEVNULL,
                stderr=file,
            )

    @property
    def said(self) -> str:
        return self._narration.read_text()

    def end(self) -> int:
        return self.process.wait(WAIT_SECONDS)

    def wait_until_said(self, text: str) -> None:
        wait_until(lambda: text in self.said, lambda: self.said)


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Start]:
    """Yield a function that starts commands; they are stopped after the test."""
    started: list[Command] = []

    def run(*words: str) -> Command:
        command = Command(home, words, tmp_path / f"narration-{len(started)}")
        started.append(command)
        return command

    yield run
    for command in started:
        command.process.kill()
        command.process.wait()


@pytest.fixture
def supervisor(home: Path) -> Iterator[psutil.Process]:
    """Return the supervisor of a stack without workers; the test may suspend it."""
    stack = up(home, 0, load_settings()).stack
    process = psutil.Process(stack.processes["supervisor"]["pid"])
    yield process
    if process.is_running():
        process.resume()


def workers(home: Path) -> int | None:
    stack = read_stack(home)
    return stack.workers if stack else None


def is_held(home: Path, lock: str) -> bool:
    return holder(home / lock) is not None


@pytest.mark.usefixtures("supervisor")
def test_the_last_of_three_scales_wins_and_the_others_report_it(home: Path, start: Start) -> None:
    three = [start("scale", number) for number in ("1", "0", "2")]
    assert [command.end() for command in three] == [0, 0, 0], [c.said for c in three]
    winners = [command for command in three if "replaced" not in command.said]
    assert winners
    final = workers(home)
    assert f"{final} worker process" in "".join(winner.said for winner in winners)
    for command in three:
        if command not in winners:
            assert "replaced by a later `glasses scale " in command.said


def test_a_scale_exits_at_once_when_another_number_is_requested(
    home: Path, start: Start, supervisor: psutil.Process
) -> None:
    supervisor.suspend()
    first = start("scale", "2")
    wait_until(lambda: (home / "requests.json").exists() and '"scale"' in requests(home))
    second = start("scale", "1")
    assert first.end() == 0
    assert first.said == "replaced by a later `glasses scale 1`\n"
    supervisor.resume()
    assert second.end() == 0
    assert workers(home) == 1


def requests(home: Path) -> str:
    return (home / "requests.json").read_text()


def test_down_stops_a_starting_up(home: Path, start: Start) -> None:
    starting = start("up", "--detach", "--workers", "1")
    wait_until(lambda: is_held(home, "supervisor.lock"))
    ending = start("down")
    assert starting.end() == 3
    assert starting.said == "glasses: replaced by a later `glasses down`\n"
    assert ending.end() == 0
    assert find_marked(home) == []
    assert read_stack(home) is None


def test_up_waits_for_a_running_down_and_then_starts(
    home: Path, start: Start, supervisor: psutil.Process
) -> None:
    supervisor.suspend()
    ending = start("down")
    wait_until(lambda: is_held(home, "starting.lock"))
    starting = start("up", "--detach", "--workers", "0")
    starting.wait_until_said(f"waiting for `glasses down` (process {ending.process.pid})")
    supervisor.resume()
    assert (ending.end(), starting.end()) == (0, 0), starting.said
    assert "the local stack is up" in starting.said
    assert len(find_marked(home)) == 3


def test_scale_waits_for_a_running_up_and_then_applies(home: Path, start: Start) -> None:
    starting = start("up", "--detach", "--workers", "1")
    wait_until(lambda: is_held(home, "starting.lock"))
    growing = start("scale", "2")
    assert starting.end() == 0
    assert growing.end() == 0, growing.said
    assert "waiting for `glasses up`" in growing.said
    assert workers(home) == 2


def test_scale_reports_a_stack_that_is_shutting_down(
    home: Path, start: Start, supervisor: psutil.Process
) -> None:
    supervisor.suspend()
    ending = start("down")
    wait_until(lambda: is_held(home, "starting.lock"))
    late = start("scale", "1")
    assert late.end() == 3
    assert "is being shut down; start it again with `glasses up --detach`" in late.said
    supervisor.resume()
    assert ending.end() == 0


def test_an_interrupted_up_leaves_no_process(home: Path, start: Start) -> None:
    starting = start("up", "--detach", "--workers", "1")
    wait_until(lambda: is_held(home, "supervisor.lock"))
    starting.process.send_signal(signal.SIGINT)
    assert starting.end() == 130
    assert find_marked(home) == []
    assert read_stack(home) is None


def test_an_interrupted_scale_still_takes_effect(
    home: Path, start: Start, supervisor: psutil.Process
) -> None:
    supervisor.suspend()
    growing = start("scale", "1")
    wait_until(lambda: '"scale"' in requests(home))
    growing.process.send_signal(signal.SIGINT)
    assert growing.end() == 130
    assert growing.said.startswith("the local stack continues scaling to 1 worker process\n")
    supervisor.resume()
    wait_until(lambda: workers(home) == 1)


def test_up_after_an_interrupted_down_starts_a_new_stack(
    home: Path, start: Start, supervisor: psutil.Process
) -> None:
    supervisor.suspend()
    ending = start("down")
    wait_until(lambda: is_held(home, "starting.lock"))
    ending.process.send_signal(signal.SIGINT)
    assert ending.end() == 130
    starting = start("up", "--detach", "--workers", "0")
    starting.wait_until_said("waiting for the local stack to stop")
    supervisor.resume()
    assert starting.end() == 0
    assert "the local stack is up" in starting.said
    assert supervisor.pid not in {identity.pid for _, identity in find_marked(home)}


def test_a_down_interrupted_before_its_signal_still_stops_the_stack(home: Path) -> None:
    up(home, 0, load_settings())
    ask(home, Kind.DOWN)
    wait_until(lambda: find_marked(home) == [])
    assert down(home) == []

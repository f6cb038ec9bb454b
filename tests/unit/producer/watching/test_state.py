"""The state of a watched folder: photos, jobs and delivered rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.sources.walk import SourceFile
from producer.watching import RowsFile, WatchState
from producer.watching.quiet_period import Arrived, Signature
from producer.watching.state import ActiveJob, Phase

ROW = b'{"image": "a"}\n'


def arrived(name: str = "a.jpg", time: int = 1) -> Arrived:
    return Arrived(SourceFile(name, Path("in") / name), Signature(10, time, time))


@contextmanager
def opened(folder: Path) -> Iterator[tuple[WatchState, RowsFile]]:
    output = RowsFile(folder / "rows.jsonl")
    with WatchState.opened(folder / "rows.jsonl.state", folder, output) as state:
        yield state, output


def test_the_rule_of_the_last_run_is_known(tmp_path: Path) -> None:
    with opened(tmp_path) as (state, _):
        assert state.replace_rule("threshold 0.5") is None
    with opened(tmp_path) as (state, _):
        assert state.replace_rule("threshold 0.9") == "threshold 0.5"


def test_a_photo_is_known_during_its_job_and_afterwards_until_it_changes(tmp_path: Path) -> None:
    with opened(tmp_path) as (state, output):
        state.sending("job", [arrived()])
        assert state.is_known("a.jpg", arrived(time=2).signature)
        state.sent("job")
        state.stage("job", ROW, [("a.jpg", "abc")])
        state.deliver(output)
        assert state.is_known("a.jpg", arrived().signature)
        assert not state.is_known("a.jpg", arrived(time=2).signature)
        assert state.contents("a.jpg") == {"abc"}
        assert state.jobs() == [ActiveJob("job", Phase.WRITTEN)]
        state.forget("job")
        assert state.is_known("a.jpg", arrived().signature)
        assert state.jobs() == []


def test_photos_without_a_row_are_submitted_again(tmp_path: Path) -> None:
    with opened(tmp_path) as (state, _):
        state.sending("job", [arrived("a.jpg"), arrived("b.jpg")])
        state.stage("job", ROW, [("a.jpg", "abc")])
        assert state.is_known("a.jpg", arrived().signature)
        assert not state.is_known("b.jpg", arrived().signature)
        state.sending("other", [arrived("b.jpg")])
        state.forget("other")
        assert not state.is_known("b.jpg", arrived().signature)


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\n.jpg")
    with opened(tmp_path) as (state, _):
        state.sending("job", [arrived(name)])
        assert state.photos("job") == {name: arrived().signature}


@pytest.mark.parametrize("torn", range(len(ROW) + 1))
def test_a_torn_row_is_repaired(tmp_path: Path, torn: int) -> None:
    with opened(tmp_path) as (state, output):
        state.sending("job", [arrived()])
        state.stage("job", ROW, [("a.jpg", "abc")])
        state.deliver(output)
        state.sending("job 2", [arrived("b.jpg")])
        state.stage("job 2", ROW, [("b.jpg", "abc")])
    with output.path.open("ab") as file:
        file.write(ROW[:torn])
    for _ in range(2):
        with opened(tmp_path) as (state, _):
            assert output.path.read_bytes() == ROW + ROW
            assert state.length == 2 * len(ROW)


def test_a_row_torn_by_a_power_cut_is_replaced(tmp_path: Path) -> None:
    with opened(tmp_path) as (state, output):
        state.sending("job", [arrived()])
        state.stage("job", ROW, [("a.jpg", "abc")])
    output.path.write_bytes(bytes(len(ROW)))
    with opened(tmp_path):
        assert output.path.read_bytes() == ROW


@pytest.mark.parametrize("content", [b"", ROW[:-1], ROW + b"x"])
def test_an_output_file_edited_by_the_user_is_kept(tmp_path: Path, content: bytes) -> None:
    with opened(tmp_path) as (state, output):
        state.sending("job", [arrived()])
        state.stage("job", ROW, [("a.jpg", "abc")])
        state.deliver(output)
    output.path.write_bytes(content)
    with pytest.raises(UsageError, match="something else changed it"), opened(tmp_path):
        pass
    assert output.path.read_bytes() == content


def test_concurrent_runs_are_rejected(tmp_path: Path) -> None:
    with (
        opened(tmp_path),
        pytest.raises(UsageError, match="another run is using"),
        opened(tmp_path),
    ):
        pass
    with opened(tmp_path):
        pass


def test_an_invalid_state_file_is_reported(tmp_path: Path) -> None:
    state = tmp_path / "rows.jsonl.state"
    state.write_bytes(b"something else entirely, and long enough to be looked at" * 20)
    with pytest.raises(UsageError, match="cannot be read"), opened(tmp_path):
        pass

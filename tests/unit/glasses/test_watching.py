"""What a watched folder's runs look for and remember, step by step, without servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.walk import Source
from glasses.watching import How, Output, State
from glasses.watching.settling import Arrived, Settling, Signature, is_temporary
from glasses.watching.state import Phase, Sent

ROW = b'{"image": "a"}\n'


def arrived(name: str = "a.jpg", time: int = 1) -> Arrived:
    return Arrived(Source(name, Path("in") / name), Signature(10, time, time))


@contextmanager
def opened(folder: Path) -> Iterator[tuple[State, Output]]:
    output = Output(folder / "rows.jsonl")
    with State.opened(folder / "rows.jsonl.state", folder, output) as state:
        yield state, output


def taken(settling: Settling, now: float) -> set[str]:
    settling.look(now)
    names = {each.source.image for each in settling.ready}
    settling.ready.clear()
    return names


class TestSettling:
    @pytest.fixture
    def settling(self, tmp_path: Path) -> Settling:
        return Settling(How(tmp_path, settle_seconds=10), lambda _name, _signature: False)

    def test_a_file_is_taken_when_it_has_not_changed_for_so_long(
        self, settling: Settling, tmp_path: Path
    ) -> None:
        photo = tmp_path / "a.jpg"
        photo.write_bytes(b"1")
        assert taken(settling, 0) == set()
        assert taken(settling, 9.9) == set()
        photo.write_bytes(b"12")
        assert taken(settling, 10) == set()
        os.utime(photo, ns=(5, 5))
        assert taken(settling, 15) == set()
        assert settling.unsettled == 1
        assert taken(settling, 24.9) == set()
        assert taken(settling, 25) == {"a.jpg"}
        assert settling.unsettled == 0

    def test_it_is_done_with_what_was_there_not_with_what_comes_or_grows(
        self, settling: Settling, tmp_path: Path
    ) -> None:
        for name in ("whole.jpg", "grows.jpg"):
            (tmp_path / name).write_bytes(b"1")
        assert not settling.is_done
        settling.look(0)
        assert not settling.is_done
        (tmp_path / "grows.jpg").write_bytes(b"12")
        (tmp_path / "comes.jpg").write_bytes(b"1")
        assert taken(settling, 5) == set()
        assert not settling.is_done
        assert taken(settling, 10) == {"whole.jpg"}
        assert settling.is_done
        assert settling.unsettled == 2

    def test_what_is_removed_is_forgotten(self, settling: Settling, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(b"1")
        settling.look(0)
        (tmp_path / "a.jpg").unlink()
        assert taken(settling, 10) == set()
        assert settling.is_done

    def test_a_link_that_leads_nowhere_is_a_file(self, settling: Settling, tmp_path: Path) -> None:
        (tmp_path / "link.jpg").symlink_to("nowhere")
        settling.look(0)
        assert taken(settling, 10) == {"link.jpg"}
        assert Signature.of(tmp_path / "nothing") is None

    @pytest.mark.parametrize(
        "name", [".a.jpg", "a.jpg.part", "A.JPG.PART", "a.crdownload", "a.tmp", "a.jpg~", "~$a.jpg"]
    )
    def test_names_of_unfinished_files(self, name: str) -> None:
        assert is_temporary(name)
        assert not is_temporary("part.jpg")


class TestState:
    def test_a_photo_is_known_while_it_is_in_a_job_and_then_as_it_was(self, tmp_path: Path) -> None:
        with opened(tmp_path) as (state, output):
            state.sending("job", [arrived()])
            assert state.knows("a.jpg", arrived(time=2).signature)
            state.sent("job")
            state.stage("job", ROW, [("a.jpg", "abc")])
            state.deliver(output)
            assert state.knows("a.jpg", arrived().signature)
            assert not state.knows("a.jpg", arrived(time=2).signature)
            assert state.contents("a.jpg") == {"abc"}
            assert state.jobs() == [Sent("job", Phase.WRITTEN)]
            state.forget("job")
            assert state.knows("a.jpg", arrived().signature)
            assert state.jobs() == []

    def test_photos_without_a_row_are_new_again(self, tmp_path: Path) -> None:
        with opened(tmp_path) as (state, _):
            state.sending("job", [arrived("a.jpg"), arrived("b.jpg")])
            state.stage("job", ROW, [("a.jpg", "abc")])
            assert state.knows("a.jpg", arrived().signature)
            assert not state.knows("b.jpg", arrived().signature)
            state.sending("other", [arrived("b.jpg")])
            state.forget("other")
            assert not state.knows("b.jpg", arrived().signature)

    def test_names_need_not_be_text(self, tmp_path: Path) -> None:
        name = os.fsdecode(b"\xff\n.jpg")
        with opened(tmp_path) as (state, _):
            state.sending("job", [arrived(name)])
            assert state.photos("job") == {name: arrived().signature}

    @pytest.mark.parametrize("torn", range(len(ROW) + 1))
    def test_a_torn_row_is_repaired(self, tmp_path: Path, torn: int) -> None:
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

    def test_what_a_power_cut_leaves_of_a_row_is_replaced(self, tmp_path: Path) -> None:
        with opened(tmp_path) as (state, output):
            state.sending("job", [arrived()])
            state.stage("job", ROW, [("a.jpg", "abc")])
        output.path.write_bytes(bytes(len(ROW)))
        with opened(tmp_path):
            assert output.path.read_bytes() == ROW

    @pytest.mark.parametrize("content", [b"", ROW[:-1], ROW + b"x"])
    def test_a_file_that_somebody_changed_is_left_as_it_is(
        self, tmp_path: Path, content: bytes
    ) -> None:
        with opened(tmp_path) as (state, output):
            state.sending("job", [arrived()])
            state.stage("job", ROW, [("a.jpg", "abc")])
            state.deliver(output)
        output.path.write_bytes(content)
        with pytest.raises(UsageError, match="something else changed it"), opened(tmp_path):
            pass
        assert output.path.read_bytes() == content

    def test_one_run_at_a_time(self, tmp_path: Path) -> None:
        with (
            opened(tmp_path),
            pytest.raises(UsageError, match="another run is using"),
            opened(tmp_path),
        ):
            pass
        with opened(tmp_path):
            pass

    def test_a_file_that_is_no_state_is_told(self, tmp_path: Path) -> None:
        state = tmp_path / "rows.jsonl.state"
        state.write_bytes(b"something else entirely, and long enough to be looked at" * 20)
        with pytest.raises(UsageError, match="cannot be read"), opened(tmp_path):
            pass

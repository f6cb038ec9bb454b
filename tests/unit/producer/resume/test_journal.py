"""The journal keeps rows through kills, and gives out only those that are still right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason, Origin, PhotoStatus
from glasses.protocol.verdict import DecisionRule
from glasses.sources.file_version import FileVersion
from producer.resume.journal import Journal, journal_path

RULE = DecisionRule(model="m@1", threshold=0.5)
FACE = Face(box=Box(left=1, top=2, width=3, height=4), detection_score=1.5, probability=0.9)
FOUND = Outcome(status=PhotoStatus.CLASSIFIED, faces=(FACE,))
NONE = Outcome(status=PhotoStatus.NO_FACE)
FAILED = Outcome.failed(FailureReason.CORRUPT)
V1, V2 = FileVersion(7, 1), FileVersion(7, 2)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def result(
    outcome: Outcome = FOUND, sha256: str = "0", origin: Origin | None = None, model: str = "m@1"
) -> PhotoResult:
    entry = ManifestEntry(image="a.jpg", sha256=sha256 * 64, size=7, origin=origin)
    return PhotoResult.of(entry, outcome, RULE.model_copy(update={"model": model}))


def write(output: Path, *rows: tuple[str, FileVersion | None, PhotoResult]) -> None:
    with Journal.open(output, resume=True) as journal:
        for row in rows:
            journal.write(*row)


def test_rows_are_there_after_a_run_that_did_not_end(output: Path) -> None:
    write(output, ("/in/a\udce9.jpg", V1, result()), ("/in/b.jpg", V1, result(NONE, "1")))
    with Journal.open(output, resume=True) as journal:
        journal.load("m@1")
        assert journal.rows == 2
        place = journal.find("/in/a\udce9.jpg", V1)
        assert place is not None
        assert journal.read(place) == ("0" * 64, 7, FOUND)
        journal.write("/in/c.jpg", V1, result(NONE, "2"))
        assert journal.read(place) == ("0" * 64, 7, FOUND), "appending moves nothing"
        assert journal.rows == 3
    lines = journal_path(output).read_text().splitlines()
    assert [json.loads(line)["sha256"][0] for line in lines] == list("012")


def test_a_changed_a_failed_and_an_unknown_photo_are_classified_again(output: Path) -> None:
    write(
        output,
        ("/in/a.jpg", V1, result()),
        ("/in/failed.jpg", V1, result(FAILED)),
        ("/in/gone.jpg", None, result(FAILED)),
        ("/in/tried again.jpg", V1, result(FAILED)),
        ("/in/tried again.jpg", V1, result()),
    )
    with Journal.open(output, resume=True) as journal:
        journal.load("m@1")
        assert journal.find("/in/a.jpg", V1) is not None
        assert journal.find("/in/a.jpg", V2) is None
        assert journal.find("/in/a.jpg", FileVersion(8, 1)) is None
        assert journal.find("/in/failed.jpg", V1) is None
        assert journal.find("/in/gone.jpg", None) is None
        assert journal.find("/in/new.jpg", V1) is None
        assert journal.find("/in/tried again.jpg", V1) is not None
        assert (journal.rows, journal.failed) == (4, 2)


def test_rows_of_another_model_are_not_used(output: Path) -> None:
    write(output, ("/in/a.jpg", V1, result(model="other@2")), ("/in/b.jpg", V1, result()))
    with Journal.open(output, resume=True) as journal:
        journal.load("m@1")
        assert journal.find("/in/a.jpg", V1) is None
        assert journal.find("/in/b.jpg", V1) is not None
        assert (journal.rows, journal.other_models) == (2, 1)


@pytest.mark.parametrize("second", [result(NONE, "1", Origin.ARCHIVE), result(FAILED)])
def test_members_of_one_name_are_not_confused(output: Path, second: PhotoResult) -> None:
    member = result(FOUND, "0", Origin.ARCHIVE)
    name = "/in/p.zip/a.jpg"
    second = PhotoResult(second.entry.model_copy(update={"origin": Origin.ARCHIVE}), second.verdict)
    for rows in ([member, second], [second, member]):
        journal_path(output).unlink(missing_ok=True)
        write(output, *((name, V1, row) for row in rows))
        with Journal.open(output, resume=True) as journal:
            journal.load("m@1")
            assert journal.find(name, V1) is None
    journal_path(output).unlink()
    write(output, (name, V1, member), (name, V1, member))
    with Journal.open(output, resume=True) as journal:
        journal.load("m@1")
        assert journal.find(name, V1) is not None, "the same bytes twice"


@pytest.mark.parametrize("torn", [b"{", b'{"image": "b.jpg", "sta', b"\0\0\0"])
def test_a_torn_last_line_is_dropped(output: Path, torn: bytes) -> None:
    write(output, ("/in/a.jpg", V1, result()))
    path = journal_path(output)
    complete = path.read_bytes()
    path.write_bytes(complete + torn)
    with Journal.open(output, resume=True) as journal:
        journal.load("m@1")
        journal.write("/in/b.jpg", V1, result())
    lines = path.read_bytes().splitlines(keepends=True)
    assert (lines[0], len(lines)) == (complete, 2)
    assert json.loads(lines[1])["resume"]["file"] == "/in/b.jpg"


def test_a_damaged_line_is_skipped(output: Path) -> None:
    write(output, ("/in/a.jpg", V1, result()), ("/in/b.jpg", V1, result()))
    path = journal_path(output)
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"\0" * 40 + b"\n" + second)
    with Journal.open(output, resume=True) as journal:
        journal.load("m@1")
        assert journal.find("/in/b.jpg", V1) is not None


def test_an_interrupted_run_is_not_overwritten(output: Path) -> None:
    write(output, ("/in/a.jpg", V1, result()))
    before = journal_path(output).read_bytes()
    with (
        pytest.raises(UsageError, match=r"rows.csv.partial has its 1 row: continue .* --resume"),
        Journal.open(output, resume=False),
    ):
        pytest.fail("opened")
    assert journal_path(output).read_bytes() == before


def test_a_run_without_rows_leaves_no_file(output: Path) -> None:
    with Journal.open(output, resume=False):
        assert journal_path(output).exists()
    assert not journal_path(output).exists()


def test_two_runs_cannot_write_one_output(output: Path) -> None:
    with (
        Journal.open(output, resume=False),
        pytest.raises(UsageError, match="another `glasses classify` is writing"),
        Journal.open(output, resume=True),
    ):
        pytest.fail("opened")


def test_a_file_of_something_else_is_kept(output: Path) -> None:
    path = journal_path(output)
    path.write_text("my notes\n")
    with (
        Journal.open(output, resume=True) as journal,
        pytest.raises(UsageError, match="move it away"),
    ):
        journal.load("m@1")
    assert path.read_text() == "my notes\n"

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasses.outcome import Box, Face, Outcome
from glasses.statuses import FailureReason, PhotoStatus
from glasses.verdict import Rule, Verdict, verdict
from producer.options import Format, Only
from producer.rows import COLUMNS, RowWriter, TextRows, printable

RULE = Rule(model="m@1", threshold=0.5)
NAMES = [
    "new\nline.jpg",
    "carriage\rreturn.jpg",
    "tab\t.jpg",
    "\x1b[2J\x1b[31mred.jpg",
    "\x9b2J.jpg",
    "bell\a.jpg",
    "\u202egpj.exe",
    "line\u2028separator.jpg",
    "vertical\vtab\ffeed.jpg",
    "latin-\udce9.jpg",
    "\x00.jpg",
]


def row(image: str, probability: float | None = None, **outcome: Any) -> Verdict:
    if probability is None:
        return verdict(image, "0" * 64, Outcome(**outcome), RULE)
    face = Face(
        box=Box(left=1, top=2, width=3, height=4), detection_score=1.5, probability=probability
    )
    outcome = {"status": PhotoStatus.CLASSIFIED, "faces": (face,)}
    return verdict(image, "0" * 64, Outcome(**outcome), RULE)


GLASSES = row("glasses.jpg", 0.9)
NO_GLASSES = row("no glasses.jpg", 0.1)
NO_FACE = row("no-face.jpg", status=PhotoStatus.NO_FACE)
FAILED = row("failed.jpg", status=PhotoStatus.FAILED, reason=FailureReason.CORRUPT)
ALL = [GLASSES, NO_GLASSES, NO_FACE, FAILED]


def printed(format_: Format | None, *rows: Verdict, only: list[Only] | None = None) -> str:
    out = io.StringIO(newline="")
    RowWriter(TextRows(format_, out), only).write(rows)
    return out.getvalue()


def test_jsonl_is_one_verdict_a_line() -> None:
    lines = printed(Format.JSONL, *ALL).splitlines()
    assert [Verdict(**json.loads(line)) for line in lines] == ALL
    assert all(tuple(json.loads(line)) == COLUMNS for line in lines)


def test_csv_has_a_header_and_one_record_a_photo() -> None:
    records = list(csv.DictReader(io.StringIO(printed(Format.CSV, *ALL))))
    assert [record["image"] for record in records] == [each.image for each in ALL]
    assert tuple(records[0]) == COLUMNS
    first, _, no_face, failed = records
    assert first["glasses"] == "true"
    assert json.loads(first["faces"])[0]["box"] == {"left": 1, "top": 2, "width": 3, "height": 4}
    assert (no_face["glasses"], no_face["probability"], no_face["faces"]) == ("false", "", "[]")
    assert (failed["status"], failed["reason"]) == ("failed", "corrupt")


def test_csv_without_rows_is_its_header() -> None:
    assert printed(Format.CSV) == ",".join(COLUMNS) + "\n"


def test_table_reads_at_a_glance() -> None:
    lines = printed(Format.TABLE, *ALL).splitlines()
    assert [line.split() for line in lines] == [
        ["VERDICT", "PROBABILITY", "FACES", "IMAGE"],
        ["glasses", "0.900", "1", "glasses.jpg"],
        ["no", "glasses", "0.100", "1", "no", "glasses.jpg"],
        ["no", "face", "0", "no-face.jpg"],
        ["failed", "failed.jpg", "(corrupt)"],
    ]
    assert len({line.index(word) for line, word in zip(
        lines, ["IMAGE", "glasses.jpg", "no glasses.jpg", "no-face.jpg", "failed.jpg"], strict=True
    )}) == 1  # fmt: skip


def test_pipe_gets_jsonl_and_a_terminal_a_table() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    RowWriter(TextRows(None, screen)).write([GLASSES])
    assert screen.getvalue() == printed(Format.TABLE, GLASSES)
    assert printed(None, GLASSES) == printed(Format.JSONL, GLASSES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format_", [Format.TABLE, Format.JSONL, Format.CSV])
def test_no_name_can_break_a_line_or_move_the_cursor(format_: Format, name: str) -> None:
    lines_before = printed(format_, GLASSES).count("\n")
    text = printed(format_, row(name, 0.9))
    assert text.count("\n") == lines_before
    assert len(text.splitlines()) == lines_before  # by any separator that Unicode knows
    assert text.replace("\n", "").isprintable()
    text.encode()


@pytest.mark.parametrize("name", NAMES)
def test_jsonl_keeps_every_name_as_it_is(name: str) -> None:
    assert json.loads(printed(Format.JSONL, row(name, 0.9)))["image"] == name


@given(st.text(st.characters(categories=None)))
def test_any_name_becomes_printable(name: str) -> None:
    assert printable(name).isprintable()
    printable(name).encode()


@pytest.mark.parametrize("name", ["plain.jpg", "Grace Hopper (肖像, 1984).jpg", "é,\"'.jpg", "😎"])
def test_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert printable(name) == name
    records = list(csv.DictReader(io.StringIO(printed(Format.CSV, row(name, 0.9)))))
    assert records[0]["image"] == name


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (None, ALL),
        ([Only.GLASSES], [GLASSES]),
        ([Only.NO_GLASSES], [NO_GLASSES]),
        ([Only.NO_FACE], [NO_FACE]),
        ([Only.FAILED], [FAILED]),
        ([Only.FAILED, Only.NO_FACE], [NO_FACE, FAILED]),
    ],
)
def test_only_the_rows_asked_for_are_printed(
    only: list[Only] | None, expected: list[Verdict]
) -> None:
    lines = printed(Format.JSONL, *ALL, only=only).splitlines()
    assert [Verdict(**json.loads(line)) for line in lines] == expected


def test_failures_are_counted_whether_or_not_they_are_printed() -> None:
    writer = RowWriter(TextRows(Format.JSONL, io.StringIO()), [Only.GLASSES])
    writer.write(ALL)
    writer.write([FAILED])
    assert writer.failed == 2


def test_rows_come_out_as_they_arrive() -> None:
    out = io.StringIO()
    writer = RowWriter(TextRows(Format.JSONL, out))
    writer.write([GLASSES])
    first = out.getvalue()
    writer.write([FAILED])
    assert out.getvalue().startswith(first)
    assert first.count("\n") == 1


@pytest.mark.parametrize("first", ["=", "+", "-", "@"])
def test_no_spreadsheet_takes_a_name_for_a_formula(first: str) -> None:
    name = f'{first}HYPERLINK("http://example.org")'
    (line,) = csv.DictReader(io.StringIO(printed(Format.CSV, row(name, 0.9))))
    assert line["image"] == f"'{name}"
    assert json.loads(printed(Format.JSONL, row(name, 0.9)))["image"] == name

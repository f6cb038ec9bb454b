from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasses.errors import UsageError
from glasses.protocol.groups import Group, UnsureBand, group_of
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.verdict import Correction, DecisionRule, Verdict, correct, make_verdict
from producer.options import Format, Only
from producer.row_filter import RowFilter
from producer.rows import COLUMNS, RowWriter, TextRows, no_formula, printable

RULE = DecisionRule(model="m@1", threshold=0.5)
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
        return make_verdict(image, "0" * 64, Outcome(**outcome), RULE)
    face = Face(
        box=Box(left=1, top=2, width=3, height=4), detection_score=1.5, probability=probability
    )
    outcome = {"status": PhotoStatus.CLASSIFIED, "faces": (face,)}
    return make_verdict(image, "0" * 64, Outcome(**outcome), RULE)


GLASSES = row("glasses.jpg", 0.9)
NO_GLASSES = row("no glasses.jpg", 0.1)
NO_FACE = row("no-face.jpg", status=PhotoStatus.NO_FACE)
FAILED = row("failed.jpg", status=PhotoStatus.FAILED, reason=FailureReason.CORRUPT)
ALL = [GLASSES, NO_GLASSES, NO_FACE, FAILED]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(
    format_: Format | None,
    *rows: Verdict,
    only: Sequence[Only] = (),
    terminal: bool = False,
    safe: bool = False,
) -> str:
    out = Terminal(newline="") if terminal else io.StringIO(newline="")
    RowWriter(TextRows(format_, out, safe), RowFilter(only)).write(rows)
    return out.getvalue()


def images(text: str) -> list[str]:
    return [record["image"] for record in csv.DictReader(io.StringIO(text, newline=""))]


def test_jsonl_has_one_verdict_per_line() -> None:
    lines = printed(Format.JSONL, *ALL).splitlines()
    assert [Verdict(**json.loads(line)) for line in lines] == ALL
    assert all(tuple(json.loads(line)) == COLUMNS for line in lines)


def test_csv_has_a_header_and_one_record_per_photo() -> None:
    records = list(csv.DictReader(io.StringIO(printed(Format.CSV, *ALL))))
    assert [record["image"] for record in records] == [each.image for each in ALL]
    assert tuple(records[0]) == COLUMNS
    first, _, no_face, failed = records
    assert first["glasses"] == "true"
    assert json.loads(first["faces"])[0]["box"] == {"left": 1, "top": 2, "width": 3, "height": 4}
    assert (no_face["glasses"], no_face["probability"], no_face["faces"]) == ("false", "", "[]")
    assert (failed["status"], failed["reason"]) == ("failed", "corrupt")


def test_csv_without_rows_has_a_header() -> None:
    assert printed(Format.CSV) == ",".join(COLUMNS) + "\n"


def test_the_table_is_readable() -> None:
    lines = printed(Format.TABLE, *ALL).splitlines()
    assert [line.split() for line in lines] == [
        ["VERDICT", "PROBABILITY", "FACES", "PATH"],
        ["glasses", "0.900", "1", "glasses.jpg"],
        ["no", "glasses", "0.100", "1", "no", "glasses.jpg"],
        ["no", "face", "0", "no-face.jpg"],
        ["failed", "failed.jpg", "(corrupt)"],
    ]
    assert len({line.index(word) for line, word in zip(
        lines, ["PATH", "glasses.jpg", "no glasses.jpg", "no-face.jpg", "failed.jpg"], strict=True
    )}) == 1  # fmt: skip


def test_rows_have_the_path_and_the_id_that_were_given() -> None:
    named = [
        make_verdict("1.jpg", None, Outcome.failed(FailureReason.EMPTY), RULE, path, photo_id)
        for path, photo_id in (("a/1.jpg", "007"), ("../@b/1.jpg", "=1"), (None, None))
    ]
    lines = list(csv.DictReader(io.StringIO(printed(Format.CSV, *named))))
    assert [(line["image"], line["path"], line["id"]) for line in lines] == [
        ("1.jpg", "a/1.jpg", "007"), ("1.jpg", "../@b/1.jpg", "=1"), ("1.jpg", "", ""),
    ]  # fmt: skip
    safe = csv.DictReader(io.StringIO(printed(Format.CSV, *named, safe=True)))
    assert [line["id"] for line in safe] == ["007", "'=1", ""]
    objects = [json.loads(line) for line in printed(Format.JSONL, *named).splitlines()]
    assert [(each["path"], each["id"]) for each in objects] == [
        ("a/1.jpg", "007"), ("../@b/1.jpg", "=1"), (None, None),
    ]  # fmt: skip
    assert [line[32:] for line in printed(Format.TABLE, *named).splitlines()] == [
        "PATH", "a/1.jpg  (empty)  id 007", "../@b/1.jpg  (empty)  id =1", "1.jpg  (empty)",
    ]  # fmt: skip


def test_the_table_marks_corrected_rows() -> None:
    corrected = correct(NO_FACE, Correction.GLASSES), correct(GLASSES, Correction.DROP)
    lines = printed(Format.TABLE, *corrected).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["glasses", "0", "no-face.jpg", "(corrected)"],
        ["glasses", "0.900", "1", "glasses.jpg", "(cannot", "tell)"],
    ]


def test_a_pipe_receives_jsonl_and_a_terminal_a_table() -> None:
    assert printed(None, GLASSES, terminal=True) == printed(Format.TABLE, GLASSES)
    assert printed(None, GLASSES) == printed(Format.JSONL, GLASSES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format_", [Format.TABLE, Format.JSONL, Format.CSV])
def test_no_name_breaks_a_line_or_moves_the_cursor(format_: Format, name: str) -> None:
    is_terminal = format_ is Format.CSV
    lines_before = printed(format_, GLASSES, terminal=is_terminal).count("\n")
    text = printed(format_, row(name, 0.9), terminal=is_terminal)
    assert text.count("\n") == lines_before
    assert len(text.splitlines()) == lines_before  # by any separator that Unicode knows
    assert text.replace("\n", "").isprintable()
    text.encode()


@pytest.mark.parametrize("name", NAMES)
def test_jsonl_keeps_every_name_unchanged(name: str) -> None:
    assert json.loads(printed(Format.JSONL, row(name, 0.9)))["image"] == name


@given(st.text(st.characters(categories=None, exclude_categories=["Cs"])))
def test_csv_keeps_every_name_that_is_text(name: str) -> None:
    assert images(printed(Format.CSV, row(name, 0.9), GLASSES)) == [name, GLASSES.image]


def test_csv_quotes_line_ends_and_ends_lines_with_a_line_feed() -> None:
    text = printed(Format.CSV, *(row(name, 0.9) for name in ("a\nb", "a\rb", "a\r\nb", 'a"b,c')))
    lines = text.removesuffix("\n").split("\n0")[0]
    assert '"a\nb",' in lines
    assert '\n"a\rb",' in lines
    assert '\n"a\r\nb",' in lines
    assert '\n"a""b,c",' in lines
    assert text.count("\r") == 2


@pytest.mark.parametrize("name", ["'@eaDir/a.jpg", "@eaDir/a.jpg", "=1+1.jpg", "-1.jpg", " +1.jpg"])
def test_csv_does_not_change_names_that_look_like_formulas(name: str) -> None:
    assert images(printed(Format.CSV, row(name, 0.9))) == [name]


def test_csv_escapes_bytes_that_are_not_utf8() -> None:
    assert images(printed(Format.CSV, row("latin-\udce9.jpg", 0.9))) == ["latin-\\udce9.jpg"]


@given(st.text(st.characters(categories=None)))
def test_every_name_becomes_printable(name: str) -> None:
    assert printable(name).isprintable()
    printable(name).encode()


@pytest.mark.parametrize("name", ["plain.jpg", "Grace Hopper (肖像, 1984).jpg", "é,\"'.jpg", "😎"])
def test_an_ordinary_name_is_shown_unchanged(name: str) -> None:
    assert printable(name) == name
    records = list(csv.DictReader(io.StringIO(printed(Format.CSV, row(name, 0.9)))))
    assert records[0]["image"] == name


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ([], ALL),
        ([Only.GLASSES], [GLASSES]),
        ([Only.NO_GLASSES], [NO_GLASSES]),
        ([Only.NO_FACE], [NO_FACE]),
        ([Only.FAILED], [FAILED]),
        ([Only.UNSURE], [NO_GLASSES]),
        ([Only.FAILED, Only.NO_FACE], [NO_FACE, FAILED]),
    ],
)
def test_only_the_requested_rows_are_printed(only: list[Only], expected: list[Verdict]) -> None:
    lines = printed(Format.JSONL, *ALL, only=only).splitlines()
    assert [Verdict(**json.loads(line)) for line in lines] == expected


@pytest.mark.parametrize("band", [UnsureBand(), UnsureBand(0.3, 0.95), UnsureBand(0.1, 0.2)])
def test_unsure_rows_are_those_that_sort_puts_into_the_folder_of_that_name(
    band: UnsureBand,
) -> None:
    rows = [row(f"{percent}.jpg", percent / 100) for percent in range(101)] + [NO_FACE, FAILED]
    is_selected = RowFilter([Only.UNSURE], band)
    selected = [each for each in rows if is_selected(each)]
    assert selected == [each for each in rows if group_of(each, band) is Group.UNSURE]
    assert {each.probability for each in selected} >= {band.low, RULE.threshold - 0.01}


def test_a_range_without_the_rows_it_selects_is_a_usage_error() -> None:
    for only in (None, [], [Only.GLASSES]):
        with pytest.raises(UsageError, match="--unsure has no effect without --only unsure"):
            RowFilter.of(only, "0.2,0.8")


def test_failures_are_counted_whether_or_not_they_are_printed() -> None:
    writer = RowWriter(TextRows(Format.JSONL, io.StringIO()), RowFilter([Only.GLASSES]))
    writer.write(ALL)
    writer.write([FAILED])
    assert writer.failed == 2


def test_rows_are_printed_as_they_arrive() -> None:
    out = io.StringIO()
    writer = RowWriter(TextRows(Format.JSONL, out))
    writer.write([GLASSES])
    first = out.getvalue()
    writer.write([FAILED])
    assert out.getvalue().startswith(first)
    assert first.count("\n") == 1


@pytest.mark.parametrize("before", ["", " ", "   ", "\u3000", "\u2003 "], ids=ascii)
@pytest.mark.parametrize("first", "=+-@＝＋－＠﹢﹣﹦﹫⁺⁻⁼₊₋₌−", ids=ascii)
def test_no_spreadsheet_interprets_a_name_as_a_formula(first: str, before: str) -> None:
    name = f'{before}{first}HYPERLINK("http://example.org")'
    assert no_formula(name) == f"'{name}"
    assert images(printed(Format.CSV, row(name, 0.9), safe=True)) == [f"'{name}"]
    assert json.loads(printed(Format.JSONL, row(name, 0.9)))["image"] == name


@pytest.mark.parametrize("first", "\t\r\n\0", ids=ascii)
def test_no_formula_follows_a_separator_at_the_start_of_a_name(first: str) -> None:
    assert no_formula(f"{first}=1+1") == f"'{first}=1+1"
    assert images(printed(Format.CSV, row(f"{first}=1+1", 0.9), safe=True)) == [f"'{first}=1+1"]


@pytest.mark.parametrize(
    "name", ["a=1.jpg", "a.jpg", " a.jpg", "肖像.jpg", "(1)+.jpg", "1-2.jpg", "", "'a"]
)
def test_other_names_are_unchanged(name: str) -> None:
    assert no_formula(name) == name

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.sources.photo_table import ListedFile, TableColumns, read_table

COLUMNS = TableColumns("file", "id")


def read(data: bytes, columns: TableColumns = COLUMNS) -> list[tuple[str, str | None]]:
    return [(each.path, each.id) for each in read_table(io.BytesIO(data), "t.csv", columns)]


@pytest.mark.parametrize(
    "data",
    [
        b"id,file\n007,a.jpg\n007,b.jpg\n",
        b"\xef\xbb\xbfid,file\r\n007,a.jpg\r\n007,b.jpg",
        b"file;more;id\na.jpg;;007\n\nb.jpg;;007\n",
        b"more\tfile\tid\n\ta.jpg\t007\n\tb.jpg\t007\n",
        b' "id" , file \n007,a.jpg\n007,b.jpg\n'.replace(b' "id" ', b"id "),
    ],
)
def test_tables_are_read_as_programs_write_them(data: bytes) -> None:
    assert read(data) == [("a.jpg", "007"), ("b.jpg", "007")]


def test_quoted_fields_may_have_any_characters() -> None:
    data = 'id,file\n"a,""b""","new\nline, 肖像.jpg"\n,c.jpg\n'.encode()
    assert read(data) == [("new\nline, 肖像.jpg", 'a,"b"'), ("c.jpg", None)]


def test_ids_are_optional() -> None:
    assert read(b"id,file\n1,a.jpg\n", TableColumns("file")) == [("a.jpg", None)]


def test_rows_without_a_path_are_skipped_and_counted() -> None:
    told: list[str] = []
    data = b"id,file\n1,\n2,a.jpg\n3\n\n"
    assert list(read_table(io.BytesIO(data), "t.csv", COLUMNS, told.append)) == [
        ListedFile("a.jpg", "2")
    ]
    assert told == ["t.csv: 2 rows without 'file' skipped (line 2 first)"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "t.csv is empty"),
        (b"nr,path\n1,a.jpg\n", "t.csv has no column 'file'. Its columns are: 'nr', 'path'"),
        (b"nr;file\n1;a.jpg\n", "t.csv has no column 'id'. Its columns are: 'nr', 'file'"),
        (b"id,file,file\n", "t.csv has 2 columns 'file': rename all but one"),
        (b"id,file\n1,a.jpg\n2,\xe9.jpg\n", r"t.csv:3 is not UTF-8 \(byte 0xe9\)"),
        ("id,file\n1,a.jpg\n".encode("utf-16"), "t.csv:1 is UTF-16"),
        ("id,file\n1,a.jpg\n".encode("utf-16-be"), "t.csv:1 is no text, or UTF-16"),
        ("id,file\n1,a.jpg\n".encode("utf-32"), "t.csv:1 is UTF-32"),
        (b'id,file\n1,a.jpg\n2,"b.jpg\n', "t.csv:3 is not valid CSV: unexpected end of data"),
        (b"id,file\n1," + b"x" * 200_000, "t.csv:2 is not valid CSV: field larger"),
        (b"id,file\r1,a.jpg\r", "t.csv:1 has a carriage return inside a line"),
        (b"id,file\n1,a.jpg\r2,b.jpg\n", "t.csv:2 is not valid CSV: new-line character seen in"),
        (b"id,file\n" + b"x" * 2_000_000, "t.csv:2 has more than"),
    ],
)  # fmt: skip
def test_errors_name_the_table_the_line_and_the_columns(data: bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read(data)


def test_rows_of_a_pipe_arrive_one_by_one() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as file, os.fdopen(sink, "wb", buffering=0) as out:
        rows = read_table(file, "stdin", COLUMNS)
        out.write(b"id,file\n1,a.jpg\n")
        waiting = threading.Timer(20, out.close)
        waiting.start()
        assert next(rows) == ListedFile("a.jpg", "1")
        out.write(b"2,b.jpg\n")
        assert next(rows) == ListedFile("b.jpg", "2")
        waiting.cancel()


def test_a_table_in_a_file_is_checked_before_its_first_photo(tmp_path: Path) -> None:
    from producer.file_list import ListOptions

    table = tmp_path / "t.csv"
    table.write_bytes(b"id,file\n1,a.jpg\n2,\xff.jpg\n")
    options = ListOptions(str(table), path_column="file")
    with pytest.raises(UsageError, match=":3 is not UTF-8"), options.open(print):
        pytest.fail("opened")


def test_skipped_rows_are_reported_once(tmp_path: Path) -> None:
    from producer.file_list import ListOptions

    table = tmp_path / "t.csv"
    table.write_bytes(b"id,file\n1,a.jpg\n2,\n")
    told: list[str] = []
    with ListOptions(str(table), path_column="file").open(told.append) as names:
        assert names is not None
        assert list(names) == [ListedFile("a.jpg")]
    assert told == [f"{table}: 1 row without 'file' skipped (line 3 first)"]

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.verdict import DecisionRule, Verdict, make_verdict
from producer.options import Format, Only
from producer.output import RowOutput
from producer.row_filter import RowFilter
from producer.rows import COLUMNS, RowWriter, TextRows

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

RULE = DecisionRule(model="m@1", threshold=0.5)
FACE = Face(
    box=Box(left=-3, top=2, width=30_000, height=4), detection_score=-0.25, probability=0.1 + 0.2
)


def row(image: str, *faces: Face, **outcome: object) -> Verdict:
    values = {"status": PhotoStatus.CLASSIFIED, "faces": faces, **outcome}
    return make_verdict(image, "0" * 64, Outcome(**values), RULE)  # type: ignore[arg-type]


ROWS = [
    row("with two.jpg", FACE, FACE.model_copy(update={"probability": 1.0, "confirmed": False})),
    row("Grace Hopper (肖像, 1984) 😎.jpg", FACE, orientation=270),
    row("new\nline\x1b[2J.jpg", FACE),
    row("no face.jpg", status=PhotoStatus.NO_FACE),
    make_verdict(
        "gone.jpg", None, Outcome.failed(FailureReason.UNREADABLE), RULE, "a/gone.jpg", "7"
    ),
]


def jsonl(*rows: Verdict) -> list[dict[str, object]]:
    out = io.StringIO()
    RowWriter(TextRows(Format.JSONL, out)).write(rows)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def parquet(path: Path, *rows: Verdict, only: Sequence[Only] = ()) -> Path:
    with RowOutput.of(path, None).open(RowFilter(only)) as writer:
        writer.write(rows)
    return path


def cut_off(rows: list[Verdict]) -> Iterator[Verdict]:
    yield from rows
    raise KeyError


def test_parquet_has_the_same_rows_as_jsonl(tmp_path: Path) -> None:
    table = pq.read_table(parquet(tmp_path / "rows.parquet", *ROWS))
    assert table.to_pylist() == jsonl(*ROWS)
    assert tuple(table.column_names) == COLUMNS


def test_columns_are_typed_and_only_optional_ones_are_nullable(tmp_path: Path) -> None:
    schema = pq.read_schema(parquet(tmp_path / "none.parquet"))
    assert [str(field.type) for field in schema if field.name != "faces"] == [
        *["string"] * 5, "bool", "string", "double", "int64", "string", "string", "double",
        "string",
    ]  # fmt: skip
    assert [field.name for field in schema if field.nullable] == [
        "path", "id", "sha256", "eyewear", "probability", "orientation", "reason", "correction",
    ]  # fmt: skip
    face = schema.field("faces").type.value_type
    assert [(part.name, str(part.type)) for part in face.field("box").type] == [
        (side, "int64") for side in ("left", "top", "width", "height")
    ]
    assert str(face.field("confirmed").type) == "bool"
    assert [part.name for part in face if part.nullable] == ["sunglasses_probability", "eyewear"]


def test_a_name_that_is_not_utf8_is_escaped_as_in_csv(tmp_path: Path) -> None:
    name = os.fsdecode(b"latin-\xe9.jpg")
    (read,) = pq.read_table(parquet(tmp_path / "rows.parquet", row(name, FACE))).to_pylist()
    out = io.StringIO()
    RowWriter(TextRows(Format.CSV, out)).write([row(name, FACE)])
    assert read["image"] == "latin-\\udce9.jpg"
    assert out.getvalue().splitlines()[1].startswith(read["image"] + ",")


def test_memory_is_bounded_by_one_row_group() -> None:
    from producer.parquet import ParquetRows

    out = io.BytesIO()
    rows = ParquetRows(out, group=10)
    sizes = []
    for number in range(25):
        rows.write(row(f"{number}.jpg", FACE))
        sizes.append(out.tell())
    rows.close()
    assert sizes[8] == sizes[0] < sizes[9] == sizes[18] < sizes[19] == sizes[24]
    read = pq.ParquetFile(io.BytesIO(out.getvalue()))
    groups = [read.metadata.row_group(n).num_rows for n in range(read.num_row_groups)]
    assert groups == [10, 10, 5]
    assert read.read()["image"].to_pylist() == [f"{number}.jpg" for number in range(25)]


def test_only_the_requested_rows_are_written(tmp_path: Path) -> None:
    read = pq.read_table(parquet(tmp_path / "rows.parquet", *ROWS, only=[Only.NO_FACE]))
    assert read["image"].to_pylist() == ["no face.jpg"]


def test_the_file_is_written_atomically(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with RowOutput.of(path, None).open() as writer:
        writer.write(ROWS)
        assert not path.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["rows.parquet"]


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_a_failure_keeps_the_existing_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("before")
    with pytest.raises(KeyError), RowOutput.of(path, None).open() as writer:
        writer.write(cut_off(ROWS))
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "format_"),
    [("a.CSV", None), ("a.jsonl", None), ("a.ndjson", None), ("a.txt", None), ("a.b", Format.CSV)],
)
def test_the_file_name_determines_the_format_unless_one_is_given(
    tmp_path: Path, name: str, format_: Format | None
) -> None:
    path = tmp_path / name
    with RowOutput.of(path, format_).open() as writer:
        writer.write(ROWS)
    expected = {"CSV": Format.CSV, "b": Format.CSV, "txt": Format.TABLE}
    out = io.StringIO()
    RowWriter(TextRows(expected.get(name[2:], Format.JSONL), out)).write(ROWS)
    assert path.read_bytes().decode() == out.getvalue()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.parquet", tmp_path / "link.parquet"
    link.symlink_to(real)
    parquet(link, *ROWS)
    assert link.is_symlink()
    assert pq.read_table(real).num_rows == len(ROWS)


def test_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe.parquet"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    parquet(path, *ROWS)
    reader.join()
    assert path.is_fifo()
    assert pq.read_table(io.BytesIO(read[0])).num_rows == len(ROWS)


@pytest.mark.parametrize("name", ["rows.xlsx", "rows", "no/such/folder.parquet", "."])
def test_an_unusable_path_or_name_is_rejected_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        RowOutput.of(tmp_path / name, None)
    assert str(tmp_path / name) in str(refused.value)


def test_a_full_disk_is_reported() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with (
        pytest.raises(UsageError, match="cannot be written: No space left"),
        RowOutput.of(full, Format.PARQUET).open() as writer,
    ):
        writer.write(ROWS)


def test_a_missing_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "pyarrow")
    for path, format_ in ((tmp_path / "a.parquet", None), (None, Format.PARQUET)):
        with pytest.raises(UsageError, match=r"pip install 'people-with-glasses\[parquet\]'"):
            RowOutput.of(path, format_)
    RowOutput.of(tmp_path / "a.csv", None)


@pytest.mark.parametrize("name", ["rows.parquet", "rows.jsonl", "rows.txt"])
def test_formulas_are_a_matter_of_csv_only(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="requires --format csv"):
        RowOutput.of(tmp_path / name, None, spreadsheet_safe=True)
    path = tmp_path / "rows.csv"
    with RowOutput.of(path, None, spreadsheet_safe=True).open() as writer:
        writer.write([row("=1", FACE)])
    assert path.read_text().splitlines()[1].startswith("'=1,")


def test_a_truncated_stream_is_not_a_valid_parquet_file(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    with pytest.raises(KeyError), RowOutput.of(None, Format.PARQUET).open() as writer:
        writer.write(cut_off(ROWS * 2000))  # more than a row group
    cut = capfdbinary.readouterr()
    assert cut.err == b""
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(io.BytesIO(cut.out))
    with RowOutput.of(None, Format.PARQUET).open() as writer:
        writer.write(ROWS)
    whole = capfdbinary.readouterr()
    assert pq.read_table(io.BytesIO(whole.out)).num_rows == len(ROWS)

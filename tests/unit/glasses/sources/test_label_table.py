"""Tables of labels: columns, values, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear
from glasses.sources.label_table import LabelFormat, LabelRow, read_label_table

CLEAR, DARK = Eyewear.EYEGLASSES, Eyewear.SUNGLASSES


def table(tmp_path: Path, data: str | bytes) -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_corrections_of_reports_and_audits_can_be_read(tmp_path: Path) -> None:
    path = table(tmp_path, 'name,correction,sha256,job\n"a, b.jpg",1,00,abcd2345\nc.jpg,drop,,\n')
    assert read_label_table(path).rows == [
        LabelRow("a, b.jpg", True, "00", "abcd2345"), LabelRow("c.jpg", None),
    ]  # fmt: skip
    # As a spreadsheet saves it, with a byte order mark; and as the audit writes it.
    found = read_label_table(table(tmp_path, "\ufeffnumber,name,correction\n1,é, 0\n2,d.jpg,\n"))
    assert (found.rows, found.unlabelled) == ([LabelRow("é", False)], 1)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("path,has_glasses,name\nx,1,original\n", {"x": True}),
        ("Image;Label\na.jpg;No Glasses\nb.jpg;Eyeglasses\n", {"a.jpg": False, "b.jpg": True}),
        ("file\tglasses\nx\tFALSE\ny\ttrue\n", {"x": False, "y": True}),
        ("name,correction,label\nx,1,0\n", {"x": True}),
        ("path,label\na,-1\nb,1\nc,unsure\n", {"a": False, "b": True, "c": None}),
    ],
)
def test_columns_and_values_are_recognized(
    text: str, labels: dict[str, bool | None], tmp_path: Path
) -> None:
    rows = read_label_table(table(tmp_path, text)).rows
    assert {row.name: row.label for row in rows} == labels


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("path,label\na,sunglasses\nb,eyeglasses\nc,none\nd,1\n", [DARK, CLEAR, None, None]),
        ("path,label\na,eyeglasses\nb,0\n", [None, None]),  # any glasses, as in CelebA
        ("path,correction\na,sunglasses\n", [DARK]),
        ("path,has_glasses,kind\na,1,eyeglasses\nb,1,unsure\nc,0,none\n", [CLEAR, None, None]),
        ("path,kind\na,Sunglasses\nb,none\n", [DARK, None]),
        ("path,has_glasses,eyewear\na,1,sunglasses\n", [None]),  # a verdict, not a label
    ],
)
def test_labels_may_tell_kinds_of_glasses(
    text: str, kinds: list[Eyewear | None], tmp_path: Path
) -> None:
    assert [row.eyewear for row in read_label_table(table(tmp_path, text)).rows] == kinds


def test_columns_and_the_positive_value_can_be_passed(tmp_path: Path) -> None:
    path = table(tmp_path, "id,photo,eyewear,age\n1,a.jpg,reading,60\n2,b.jpg,bare,\n3,c.jpg,,4\n")
    format_ = LabelFormat("photo", "eyewear", "Reading")
    found = read_label_table(path, format_, ["age"])
    assert found.rows == [
        LabelRow("a.jpg", True, groups={"age": "60"}), LabelRow("b.jpg", False, groups={"age": ""}),
    ]  # fmt: skip
    assert found.unlabelled == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"name\na\n",
            "has no column has_glasses, .* it has name: pass --label-column",
        ),
        (b"photo,label\na,1\n", "has no column path, .* it has photo, label: pass --path-column"),
        (b"name,correction\na,maybe\n", r"labels\.csv:2: correction is 'maybe', not .* --positive"),
        (b"name,correction\n,1\n", r"labels\.csv:2: name is empty"),
        (b"name,correction\na,1\nb,0\na,drop\n", r":4: correction of 'a' is drop, but 1 in line 2"),
        (b"name,label,sha256\na,1,f\nb,0,f\n", r":3: label of 'b' is 0, but 1 in line 2: delete"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"", "has no column"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        read_label_table(table(tmp_path, data), hints=True)


def test_missing_columns_that_were_passed_are_named(tmp_path: Path) -> None:
    path = table(tmp_path, "name,label\na,1\n")
    for format_, groups, message in (
        (LabelFormat(path_column="photo"), (), "has no column photo; it has name, label"),
        (LabelFormat(label_column="eyes"), (), "has no column eyes; it has name, label"),
        (LabelFormat(), ("age",), "has no column age; it has name, label$"),
    ):
        with pytest.raises(UsageError, match=message):
            read_label_table(path, format_, groups)


def test_verdicts_are_not_taken_for_labels(tmp_path: Path) -> None:
    """Rows of `glasses results` have an empty column `correction` beside the verdict."""
    path = table(tmp_path, "image,correction,glasses\na.jpg,,true\nb.jpg,0,true\n")
    found = read_label_table(path)
    assert [(row.name, row.label) for row in found.rows] == [("b.jpg", False)]
    assert found.unlabelled == 1
    edited = read_label_table(path, LabelFormat(label_column="glasses"))
    assert [row.label for row in edited.rows] == [True, True]

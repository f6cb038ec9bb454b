"""Labels in folders and tables."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from glasses.errors import UsageError
from glasses.sources.label_set import LabelSet, check_labels, read_label_set
from glasses.sources.label_table import LabelFormat

ROOT = Path(__file__).parents[4]
PHOTO = ROOT / "demo/photos/hopper.jpg"


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(PHOTO, root / name / "a.jpg")
    return root


def read(
    source: Path, format_: LabelFormat | None = None, groups: tuple[str, ...] = ()
) -> LabelSet:
    return read_label_set(source, format_ or LabelFormat(), Settings(), groups=groups)


@pytest.mark.parametrize(
    ("worn", "bare"),
    [("glasses", "no_glasses"), ("with", "without"), ("With Glasses", "No-Glasses"), ("1", "0")],
)
def test_one_folder_per_label(worn: str, bare: str, tmp_path: Path) -> None:
    folders(tmp_path, worn, f"{bare}/more", "unsure")
    (tmp_path / bare / ".hidden.jpg").touch()
    found = read(tmp_path)
    assert {row.name: row.label for row in found.rows} == {
        f"{worn}/a.jpg": True, f"{bare}/more/a.jpg": False,
    }  # fmt: skip
    assert (found.folder, found.unlabelled, found.left_out) == (tmp_path, 1, 1)


def test_other_folder_names_need_the_positive_one(tmp_path: Path) -> None:
    folders(tmp_path, "brille", "ohne")
    message = re.escape("its folders are brille, ohne. Pass the name of the folder")
    with pytest.raises(UsageError, match=message):
        read(tmp_path)
    found = read(tmp_path, LabelFormat(positive="Brille"))
    assert {row.name: row.label for row in found.rows} == {
        "brille/a.jpg": True,
        "ohne/a.jpg": False,
    }


def test_a_table_in_a_folder_takes_precedence(tmp_path: Path) -> None:
    folders(tmp_path, "with", "without")
    (tmp_path / "labels.csv").write_text("path,has_glasses,age\nwith/a.jpg,0,7\nb,drop,\n")
    found = read(tmp_path, groups=("age",))
    assert [(row.name, row.label, dict(row.groups)) for row in found.labelled] == [
        ("with/a.jpg", False, {"age": "7"})
    ]
    assert (found.source, found.left_out) == (tmp_path / "labels.csv", 1)
    (tmp_path / "labels.csv").unlink()
    with pytest.raises(UsageError, match=r"has no labels\.csv: --group"):
        read(tmp_path, groups=("age",))


def test_one_label_only_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="all 2 labelled photos are with glasses"):
        check_labels(tmp_path, [True, True])
    with pytest.raises(UsageError, match=": add some with glasses"):
        check_labels(tmp_path, [False])
    with pytest.raises(UsageError, match="no photo has a label"):
        check_labels(tmp_path, [])
    check_labels(tmp_path, [True, False])

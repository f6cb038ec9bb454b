"""What cannot be evaluated is rejected in one line, before a model is loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glasses.errors import UsageError
from producer.main import app
from tests.support.documents import ROOT


@pytest.fixture
def table(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "demo/photos/hopper.jpg", tmp_path / "a.jpg")
    path = tmp_path / "table.csv"
    path.write_text("photo,has_glasses,age\na.jpg,1,old\nb.jpg,0,young\n")
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "has no column path"),
        (["--path-column", "photo"], "all 1 labelled photos are with glasses. An evaluation needs"),
        (["--path-column", "photo", "--positive", "x"], "all 2 labelled photos are without"),
        (["--path-column", "photo", "--group", "skin"], "no column skin; it has photo, has_glas"),
        (["--path-column", "photo", "--photos", "FOLDER/empty"], "none of the 2 labelled photos"),
        (["--photos", "FOLDER/none"], "--photos: FOLDER/none does not exist"),
        (["--job", "abcd2345", "--processes", "2"], "--processes has no effect with --job"),
        (["--corrections", "FOLDER/none.csv", "--path-column", "photo"], "none.csv cannot be read"),
    ],
)
def test_usage_errors(table: Path, words: list[str], message: str) -> None:
    (table.parent / "empty").mkdir()
    words = [word.replace("FOLDER", str(table.parent)) for word in words]
    done = CliRunner().invoke(app, ["evaluate", str(table), *words])
    assert isinstance(done.exception, UsageError)
    assert message.replace("FOLDER", str(table.parent)) in str(done.exception)
    assert done.stdout == ""


def test_labels_that_do_not_exist(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path / "none")])
    assert "none does not exist: pass a folder or a CSV file of labels" in str(done.exception)

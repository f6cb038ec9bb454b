"""The report tells eyeglasses from sunglasses if the model does."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import pytest

from glasses.protocol.outcome import Face
from glasses.protocol.verdict import FaceChoice
from tests.support.chromium import Page
from tests.support.classified_job import face, outcome
from tests.support.report_page import ABOUT, row, saved, slide, text, written


@pytest.fixture(autouse=True)
def window(page: Page) -> None:
    page.window(1280, 900)  # other tests leave that of a phone


def worn(probability: float, sunglasses: float, left: int = 60) -> Face:
    return face(probability, left).model_copy(update={"sunglasses_probability": sunglasses})


def verdicts(page: Page) -> list[str]:
    found: list[str] = page.run(
        "[...document.querySelectorAll('.tile .verdict span:first-child')].map(e => e.textContent)"
    )
    return found


def filters(page: Page) -> list[str]:
    found: list[str] = page.run(
        "[...document.querySelectorAll('#filters button')].map(e => e.textContent)"
    )
    return found


PHOTOS = {
    "dark.jpg": outcome(worn(0.95, 0.98), worn(0.8, 0.1, 300)),
    "clear.jpg": outcome(worn(0.99, 0.02)),
    "bare.jpg": outcome(worn(0.01, 0.9)),
    "nobody.jpg": outcome(),
}


def test_tiles_filters_and_faces_tell_kinds(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path / "kinds.html", (row(*each) for each in PHOTOS.items())))
    page.settle()
    assert verdicts(page) == ["sunglasses", "eyeglasses", "no glasses", "no face"]
    assert filters(page)[1:5] == ["With glasses 2", "Eyeglasses 1", "Sunglasses 1", "Without 1"]
    page.click("#filters button:nth-child(4)")
    assert verdicts(page) == ["sunglasses"]
    is_dark = "[...document.querySelectorAll('.tile .face')].map(e => e.className)"
    assert page.run(is_dark) == ["face worn dark", "face worn"]
    page.click(".tile")
    assert text(page, "#reason").endswith("They are sunglasses with probability 0.980.")
    cells = "[...document.querySelectorAll('#faces tbody td:nth-child(3)')].map(e => e.textContent)"
    assert page.run(cells) == ["sunglasses (0.980)", "eyeglasses (0.100)"]
    assert page.errors == []


def test_exported_rows_have_the_kinds_at_the_threshold_of_the_page(
    page: Page, tmp_path: Path
) -> None:
    page.open(written(tmp_path / "kinds.html", (row(*each) for each in PHOTOS.items())))
    page.settle()
    slide(page, 0.97)
    data = saved(page, tmp_path, "#export-rows", "photos.csv")
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert [each["eyewear"] for each in rows] == ["none", "eyeglasses", "none", ""]
    (first, second) = json.loads(rows[0]["faces"])
    assert (first["sunglasses_probability"], first["eyewear"]) == (0.98, "none")
    assert second["eyewear"] == "none"


def test_the_largest_face_tells_the_kind_if_it_decides(page: Page, tmp_path: Path) -> None:
    small = worn(0.99, 0.98)
    large = worn(0.9, 0.1).model_copy(update={"box": small.box.model_copy(update={"width": 200})})
    about = dataclasses.replace(ABOUT, faces=FaceChoice.LARGEST)
    photos = iter([row("two.jpg", outcome(small, large))])
    page.open(written(tmp_path / "largest.html", photos, about))
    page.settle()
    assert verdicts(page) == ["eyeglasses"]


def test_a_report_of_a_model_without_kinds_has_no_filters_for_them(
    page: Page, tmp_path: Path
) -> None:
    page.open(written(tmp_path / "plain.html", iter([row("a.jpg", outcome(face(0.95)))])))
    page.settle()
    assert verdicts(page) == ["glasses"]
    assert not [each for each in filters(page) if each.startswith(("Eye", "Sun"))]

"""Photos are sorted by date and shown in sections by day."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

from tests.support.chromium import Page
from tests.support.classified_job import face, outcome
from tests.support.report_page import focus, names, row, set_value, text, written

DATES = {
    "noon.jpg": datetime(2023, 5, 4, 12),
    "none.jpg": None,
    "later.jpg": datetime(2024, 1, 1),
    "night.jpg": datetime(2023, 5, 4, 23, 59),
    "old.jpg": datetime(1969, 7, 20, 20, 17),
}


def test_photos_are_sorted_by_date_and_grouped_by_day(page: Page, tmp_path: Path) -> None:
    photos = []
    for name, date in DATES.items():
        photo, picture = row(name, outcome(face(0.9)))
        picture = dataclasses.replace(picture, date=date, is_taken=name == "noon.jpg")
        photos.append((photo, picture))
    page.window(1280, 2000)
    page.errors.clear()
    page.open(written(tmp_path / "r.html", iter(photos)))
    set_value(page, "#order", "oldest")
    assert names(page, 5) == ["old.jpg", "noon.jpg", "night.jpg", "later.jpg", "none.jpg"]
    set_value(page, "#order", "newest")
    assert names(page, 5) == ["later.jpg", "night.jpg", "noon.jpg", "old.jpg", "none.jpg"]
    set_value(page, "#sections", "day")
    headings = "[...document.querySelectorAll('.section b')].map((e) => e.textContent)"
    assert page.run(headings) == ["2024-01-01", "2023-05-04", "1969-07-20", "No date"]
    focus(page, 2)
    page.press("Enter")
    assert text(page, "#date") == "Taken 2023-05-04 12:00."
    page.press("ArrowLeft")
    assert text(page, "#date") == "File of 2023-05-04 23:59."
    assert page.errors == []


def test_a_report_without_dates_does_not_offer_them(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path / "r.html", iter([row("a.jpg", outcome(face(0.9)))])))
    page.settle()
    hidden = "[...document.querySelectorAll('option[hidden]')].map((e) => e.value)"
    assert page.run(hidden) == ["oldest", "newest", "day"]

"""Names on the tiles, their natural order, and sections by folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from producer.report.thumbnails import ReportPicture
from tests.support.chromium import Page
from tests.support.classified_job import face, outcome
from tests.support.report_page import focus, focused, names, row, set_value, text, written

LONG = "holidays/a folder with a very long name indeed/IMG_20230504_101112_portrait_edited_0042.jpg"
NAMES = ("b/real_10.jpg", "b/real_2.jpg", "a b/1.jpg", "a/b/1.jpg", "a/x.jpg", "top.jpg", LONG)


@pytest.fixture
def opened(page: Page, tmp_path: Path) -> Page:
    photos = iter([row(name, outcome(face(0.9))) for name in NAMES])
    page.window(1280, 900)
    page.errors.clear()
    page.open(written(tmp_path / "names.html", photos))
    page.settle()
    return page


def test_a_long_name_is_cut_in_the_middle_and_its_end_is_visible(opened: Page) -> None:
    for width in (1280, 400):
        opened.window(width, 800)
        opened.run(
            f"document.querySelector('.tile[data-place=\"{len(NAMES) - 1}\"]').scrollIntoView()"
        )
        opened.settle()
        parts = opened.run(
            "(() => { const name = [...document.querySelectorAll('.name')]"
            "  .find((e) => e.title.startsWith('holidays'));"
            "const tile = name.closest('.tile').getBoundingClientRect();"
            "return [...name.children].map((e) => { const b = e.getBoundingClientRect();"
            "  return { text: e.textContent, cut: e.scrollWidth > e.clientWidth,"
            "    inside: b.right <= tile.right }; }) })()"
        )
        folder, start, end = parts
        assert "".join(part["text"] for part in parts) == LONG
        assert end["text"] == LONG[-12:]
        assert folder["cut"]
        assert start["cut"]
        assert end["inside"]
        assert not end["cut"]


def test_numbers_in_names_are_sorted_by_value_and_folders_stay_together(opened: Page) -> None:
    set_value(opened, "#order", "name")
    assert names(opened, 7) == [
        "top.jpg", "a/x.jpg", "a/b/1.jpg", "a b/1.jpg", "b/real_2.jpg", "b/real_10.jpg", LONG,
    ]  # fmt: skip


def test_sections_by_folder_have_headings_and_keep_the_order_within(opened: Page) -> None:
    opened.window(1280, 2400)
    set_value(opened, "#sections", "folder")
    assert opened.run("[...document.querySelectorAll('.section b')].map((e) => e.textContent)") == [
        "(no folder)", "a/", "a/b/", "a b/", "b/", LONG[: LONG.rindex("/") + 1],
    ]  # fmt: skip
    assert names(opened, 7)[4:6] == ["b/real_10.jpg", "b/real_2.jpg"]  # as submitted
    focus(opened, 5)
    opened.press("ArrowUp")  # to the section above, which has one photo
    assert focused(opened).startswith("a b/1.jpg")
    opened.press("ArrowDown", "ArrowDown")
    assert focused(opened).startswith("holidays/")
    opened.click(".heading:nth-of-type(9) button")
    assert text(opened, "#selected") == "2 selected"
    assert opened.errors == []


def test_a_photo_without_picture_has_a_placeholder_that_says_why(
    page: Page, tmp_path: Path
) -> None:
    from glasses.protocol.outcome import Outcome
    from glasses.protocol.statuses import FailureReason

    failed, _ = row("a.jpg", Outcome.failed(FailureReason.UNREADABLE_OBJECT))
    page.open(written(tmp_path / "failed.html", iter([(failed, ReportPicture())])))
    page.settle()
    assert page.run("document.querySelectorAll('.tile .broken').length") == 1
    assert text(page, ".tile .note") == "the object store could not read it"

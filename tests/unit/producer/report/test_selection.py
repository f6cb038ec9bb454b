"""Photos are selected with the mouse and the keyboard, marked together and exported."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from glasses.sources.file_list import read_names
from glasses.sources.label_table import read_label_table
from producer.report.thumbnails import ReportPicture
from tests.support.chromium import Page
from tests.support.classified_job import face, outcome
from tests.support.report_page import (
    choose,
    exported,
    focus,
    row,
    saved,
    text,
    type_,
    webp,
    written,
)

SHIFT, CTRL = 8, 2


def selected(page: Page) -> list[str]:
    found: list[str] = page.run(
        "[...document.querySelectorAll('.tile[aria-selected=true] .name')].map((e) => e.title)"
    )
    return sorted(found)


def tile(place: int) -> str:
    return f".tile[data-place='{place}']"


def test_a_range_is_selected_with_the_mouse_and_shrinks(ten: Page) -> None:
    ten.click(tile(1), modifiers=CTRL)
    ten.click(tile(4), modifiers=SHIFT)
    assert text(ten, "#selected") == "4 selected"
    ten.click(tile(2), modifiers=SHIFT)
    assert selected(ten) == ["album 0/00001.jpg", "album 0/00002.jpg"]
    ten.click(f"{tile(5)} .check")
    ten.click(tile(1), modifiers=CTRL)
    assert selected(ten) == ["album 0/00002.jpg", "album 0/00005.jpg"]
    assert not ten.run("document.querySelector('#view').open")
    ten.click("#select-none")
    assert ten.run("document.querySelector('#actions').hidden")


def test_photos_are_selected_and_marked_by_keyboard(ten: Page, tmp_path: Path) -> None:
    focus(ten)
    ten.press("ArrowRight", "ArrowRight", modifiers=SHIFT)
    ten.press("ArrowRight", " ")
    assert text(ten, "#selected") == "4 selected"
    ten.press("1")  # the focused photo is selected: all are marked
    ten.press("ArrowRight", "d")  # it is not: alone
    assert [(r["name"][-9:], r["correction"]) for r in exported(ten, tmp_path)] == [
        ("00000.jpg", "1"), ("00001.jpg", "1"), ("00002.jpg", "1"), ("00003.jpg", "1"),
        ("00004.jpg", "drop"),
    ]  # fmt: skip
    focus(ten, 4)
    ten.press("Escape")
    assert ten.run("document.querySelector('#actions').hidden")
    ten.press("a", modifiers=CTRL)
    assert text(ten, "#selected") == "10,000 selected"


def test_all_photos_of_a_filter_are_marked_at_once_and_the_change_is_undone(
    ten: Page, tmp_path: Path
) -> None:
    choose(ten, 5)  # no face
    ten.click("#exports summary")
    ten.click("#select-shown")
    ten.click("#actions [data-mark='0']")
    assert text(ten, "#message") == "Marked as no glasses: 1,250 photos."
    assert text(ten, "#filters button:nth-child(7)") == "Marked 1,250"
    exported(ten, tmp_path)
    assert len(read_label_table(tmp_path / "corrections.csv").rows) == 1250
    assert "glasses results abcd2345 --corrections corrections.csv" in text(ten, "#message")
    choose(ten, 2)
    assert text(ten, "#selected") == "1,250 selected, 1,250 of them not shown"
    focus(ten)
    ten.press("x")
    ten.click("#undo")
    assert text(ten, "#filters button:nth-child(7)") == "Marked 1,250"


def test_the_shown_photos_are_exported_as_rows(ten: Page, tmp_path: Path) -> None:
    choose(ten, 4)  # unsure
    type_(ten, "#search", "album 3/0300")
    data = saved(ten, tmp_path, "#export-rows", "photos.csv").decode()
    rows = list(csv.DictReader(io.StringIO(data)))
    assert len(rows) == int(text(ten, "#shown").split()[0]) > 1
    assert rows[0]["image"] == "album 3/03001.jpg"
    assert (rows[0]["glasses"], rows[0]["probability"]) == ("false", "0.5")
    assert rows[0]["threshold"] == "0.72"


@pytest.mark.parametrize(("name", "end"), [("b.webp", b"\n"), ("line\nend.webp", b"\0")])
def test_paths_of_the_selection_are_those_of_the_files(
    page: Page, tmp_path: Path, name: str, end: bytes
) -> None:
    files = ["50% #1 latin-\udce9.webp", name]
    for file in files:
        (tmp_path / file).write_bytes(webp())
    photos = []
    for file in files:
        link = quote(os.fsencode(file))
        photos.append((row(file, outcome(face(0.9)))[0], ReportPicture(webp(), 640, 480, link)))
    page.window(1280, 900)
    page.open(written(tmp_path / "r.html", iter(photos)))
    page.settle()
    data = saved(page, tmp_path, "#export-paths", "paths.txt")
    assert data.endswith(end)
    with (tmp_path / "paths.txt").open("rb") as listed:
        paths = list(read_names(listed, null=end == b"\0"))
    assert paths == [str(tmp_path / file) for file in files]


def test_identical_photos_share_their_mark_and_a_new_report_keeps_it(
    page: Page, tmp_path: Path
) -> None:
    page.window(1280, 900)
    one, picture = row("b.jpg", outcome(face(0.9)))
    copy = one.model_copy(update={"image": "copy of b.jpg"})
    other = row("a.jpg", outcome(face(0.9)))
    path = tmp_path / "r.html"
    page.open(written(path, iter([(one, picture), (copy, picture)])))
    page.run("localStorage.clear()")
    page.open(path)
    focus(page)
    page.press("x")
    # A later report of the job may have more photos, before those that were marked.
    page.open(written(path, iter([other, (one, picture), (copy, picture)])))
    page.settle()
    assert [(r["name"], r["correction"]) for r in exported(page, tmp_path)] == [
        ("b.jpg", "0"), ("copy of b.jpg", "0"),
    ]  # fmt: skip
    page.run("localStorage.clear()")

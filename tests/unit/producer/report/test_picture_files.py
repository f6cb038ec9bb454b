"""Pictures are embedded up to a limit, then stored beside the report."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest

from glasses.errors import UsageError
from producer.report.file import ReportRequest
from producer.report.page import write_page
from producer.report.picture_files import IN_FOLDER, PREVIEW, THUMBNAIL, PictureFiles
from producer.report.thumbnails import ReportPicture
from tests.support.chromium import Page
from tests.support.classified_job import face, outcome
from tests.support.report_page import ABOUT, content, focus, row, text, wait_for, webp


def test_pictures_are_embedded_until_the_limit_is_reached(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path / "r.html", 10)
    first = files.place(content("a"), b"12345678", THUMBNAIL)
    assert b64decode(str(first)) == b"12345678"
    assert files.place(content("b"), b"", THUMBNAIL) == ""
    assert files.place(content("c"), b"123", THUMBNAIL) == IN_FOLDER
    assert files.place(content("d"), b"1", PREVIEW) == IN_FOLDER, "the order decides"
    assert files.place(content("c"), b"123", THUMBNAIL) == IN_FOLDER
    assert (files.count, files.size) == (2, 4)
    name = content("d")
    assert (tmp_path / "r_files" / name[:2] / f"{name[2:32]}-large.webp").read_bytes() == b"1"


def test_pictures_of_many_photos_are_all_in_the_folder(tmp_path: Path) -> None:
    request = ReportRequest(tmp_path / "r.html")
    for photos, place in ((11_000, "MQ=="), (None, "MQ=="), (13_000, IN_FOLDER)):
        files = request.picture_files(photos)
        assert files.place(content("a"), b"1", THUMBNAIL) == place, photos
    device = ReportRequest(Path("/dev/null")).picture_files(13_000)
    assert device.place(content("a"), b"1", THUMBNAIL) == "MQ=="


def test_a_new_report_deletes_pictures_of_the_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    earlier = PictureFiles(path)
    for name in ("a", "b"):
        earlier.place(content(name), b"1", THUMBNAIL)
    earlier.remove_unused()
    a, b = (tmp_path / "r_files" / content(n)[:2] / f"{content(n)[2:32]}.webp" for n in "ab")
    foreign = a.parent / "mine.webp"
    foreign.write_bytes(b"mine")
    interrupted = b.with_name(f".{b.name}.partial")
    interrupted.write_bytes(b"half")
    files = PictureFiles(path)
    files.place(content("b"), b"1", THUMBNAIL)
    assert a.exists(), "the earlier report is complete until the new one is"
    files.remove_unused()
    assert (a.exists(), b.exists(), foreign.exists()) == (False, True, True)
    assert not interrupted.exists()
    foreign.unlink()
    PictureFiles(path).remove_unused()
    assert not (tmp_path / "r_files").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "r_files").write_text("in the way")
    with pytest.raises(UsageError, match=r"r_files.* cannot be written"):
        PictureFiles(tmp_path / "r.html").place(content("a"), b"1", THUMBNAIL)


def test_the_page_shows_pictures_of_its_folder_and_says_if_it_is_missing(
    page: Page, tmp_path: Path
) -> None:
    path = tmp_path / "50% #1.html"
    files = PictureFiles(path)
    photo, _ = row("a.heic", outcome(face(0.9)))
    picture = ReportPicture(webp(), 640, 480, "a.heic", preview=webp())
    with path.open("w", encoding="utf-8") as out:
        write_page(out, ABOUT, iter([(photo, picture)]), files)
    page.window(1280, 900)
    page.errors.clear()
    page.open(path)
    wait_for(page, "document.querySelector('.tile img').naturalWidth === 160")
    focus(page)
    page.press("Enter")
    wait_for(page, "document.querySelector('#shown-from').textContent")
    assert text(page, "#shown-from") == "A preview of at most 1,024 px."
    assert page.run("document.querySelector('#stage img').src").endswith("-large.webp")
    assert page.errors == []
    assert files.folder
    files.folder.rename(tmp_path / "elsewhere")
    page.open(path)
    wait_for(page, "document.querySelector('.tile .none')")
    assert text(page, ".tile .none") == "the report's folder of pictures is missing"
    page.errors.clear()

"""Hostile names, photos without thumbnails, and a report without photos."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from glasses.protocol.verdict import FaceChoice
from producer.report.page import ReportInfo
from producer.report.thumbnails import ReportPicture
from tests.support.chromium import Page
from tests.support.classified_job import face, outcome
from tests.support.report_page import (
    ABOUT,
    exported,
    focus,
    row,
    text,
    wait_for,
    webp,
    written,
)

HOSTILE = [
    "</script><script>window.hurt=1</script>.jpg",
    "<img src=x onerror=window.hurt=1>.jpg",
    '"><b onmouseover=window.hurt=1>.jpg',
    "<!--<script>.jpg",
    "=HYPERLINK(\"http://example.org\").jpg",
    "\u202egpj.exe",
    "line\u2028break\n.jpg",
    "latin-\udce9.jpg",
    "javascript:window.hurt=1",
    "{{script}}",
]  # fmt: skip


def test_no_name_can_run_code(page: Page, tmp_path: Path) -> None:
    from producer.rows import printable

    page.window(1280, 900)
    photos = iter([row(name, outcome(face(0.9))) for name in HOSTILE])
    about = ReportInfo("hostile", None, HOSTILE[0], "", "", 0.72, FaceChoice.ANY, (0.1, 0.9))
    page.open(written(tmp_path / "hostile.html", photos, about))
    page.settle()
    assert page.run("window.hurt === undefined")
    assert page.run("document.querySelectorAll('main img[src=x], main b, main script').length") == 0
    shown = page.run("[...document.querySelectorAll('.name')].map((e) => e.textContent)")
    assert shown == [printable(name) for name in HOSTILE]
    focus(page)
    for _ in HOSTILE:
        page.press("x", "ArrowRight")
    names = [r["name"] for r in exported(page, tmp_path)]
    assert names == [printable(name) for name in HOSTILE]
    page.run("(() => { const s = document.createElement('script'); s.textContent = 'window.hurt=1';"
             "document.body.append(s) })()")  # fmt: skip
    assert page.run("window.hurt === undefined")
    page.errors.clear()  # the policy says that it refused that one


def test_a_photo_without_a_thumbnail_is_shown_from_its_file(page: Page, tmp_path: Path) -> None:
    (tmp_path / "a b.webp").write_bytes(webp())
    judged = row("a b.webp", outcome(face(0.9)))[0]
    photos = iter(
        [(judged, ReportPicture(link="a%20b.webp")), (judged, ReportPicture(link="gone.webp"))]
    )
    page.window(1280, 900)
    page.open(written(tmp_path / "linked.html", photos))
    wait_for(page, "document.querySelector('.tile .face') && document.querySelector('.tile .none')")
    assert page.run("document.querySelector('.tile img').naturalWidth") == 160
    assert "cannot show this file" in text(page, ".tile[data-place='1']")
    page.errors.clear()  # of the file that is gone


def test_a_page_without_photos_says_so(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path / "none.html", iter(())))
    assert text(page, "#shown") == "0 photos shown"
    page.window(1280, 900)
    assert page.errors == []


def test_notices_are_the_first_thing_on_the_page(page: Page, tmp_path: Path) -> None:
    notice = "This job is incomplete: <b>3 photos</b> are missing."
    about = dataclasses.replace(ABOUT, notices=(notice,))
    page.window(400, 800)
    page.open(written(tmp_path / "r.html", iter([row("a.jpg", outcome(face(0.9)))]), about))
    page.settle()
    assert text(page, "#notices li") == notice
    assert page.run("document.querySelector('#notices li').getBoundingClientRect().top") < 100
    page.window(1280, 900)

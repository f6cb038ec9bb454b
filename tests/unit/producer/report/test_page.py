"""The report in a real browser: every control, every key, ten thousand photos, hostile names."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest

from glasses.outcome import Outcome
from glasses.statuses import FailureReason
from glasses.verdict import FaceChoice, Rule, Verdict, verdict
from producer.report.page import About, write
from producer.report.pictures import Picture
from tests.support.chromium import Page
from tests.support.judged import face, outcome

RULE = Rule(model="m@1", threshold=0.72)
ABOUT = About("id", "abcd2345", "pile", "Job abcd2345", "", 0.72, FaceChoice.ANY, (0.1, 0.9))
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


def webp() -> bytes:
    return bytes(cv2.imencode(".webp", np.full((120, 160, 3), 90, np.uint8))[1].tobytes())


PICTURE = Picture(webp(), 640, 480)


def content(name: str) -> str:
    """What stands for a photo's hash: no two photos have the same."""
    return sha256(os.fsencode(name)).hexdigest()


def row(name: str, found: Outcome) -> tuple[Verdict, Picture]:
    failed = found.reason is not None
    return verdict(name, content(name), found, RULE), Picture() if failed else PICTURE


def ten_thousand() -> Iterator[tuple[Verdict, Picture]]:
    """2,500 with, 5,000 without (half of them unsure), 1,250 without a face, 1,250 failed."""
    kinds = [
        outcome(face(0.95)), outcome(face(0.5), face(0.2, 300)), outcome(face(0.01)), outcome(),
        outcome(face(0.98, confirmed=False)), outcome(face(0.6)), outcome(face(0.02)),
        Outcome.failed(FailureReason.CORRUPT),
    ]  # fmt: skip
    for number in range(10_000):
        yield row(f"album {number // 1000}/{number:05d}.jpg", kinds[number % 8])


def written(path: Path, photos: Iterator[tuple[Verdict, Picture]], about: About = ABOUT) -> Path:
    with path.open("w", encoding="utf-8") as out:
        write(out, about, photos)
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report") / "large.html", ten_thousand())


@pytest.fixture
def ten(page: Page, large: Path) -> Iterator[Page]:
    """The report of ten thousand photos, fresh; at the end nothing may have been complained of."""
    page.window(1280, 900)
    page.open(large)
    page.run("localStorage.clear()")
    page.requests.clear()
    page.errors.clear()
    page.open(large)
    page.settle()
    yield page
    assert page.errors == []
    assert [url for url in page.requests if not url.startswith(("data:", "blob:"))] == [
        large.as_uri()
    ]


def text(page: Page, selector: str) -> str:
    return str(page.run(f"document.querySelector({selector!r}).textContent"))


def choose(page: Page, number: int) -> None:
    page.click(f"#filters button:nth-child({number})")


def slide(page: Page, value: float) -> None:
    page.run(
        f"(() => {{ const e = document.querySelector('#threshold'); e.value = {value};"
        "e.dispatchEvent(new Event('input')) })()"
    )
    page.settle()


def focus(page: Page, place: int = 0) -> None:
    page.run(f"document.querySelector('.tile[data-place=\"{place}\"]').focus()")


def focused(page: Page) -> str:
    return str(page.run("document.activeElement.getAttribute('aria-label')"))


def type_(page: Page, selector: str, value: str) -> None:
    page.run(f"document.querySelector({selector!r}).focus()")
    page.call("Input.insertText", text=value)
    page.settle()


def test_counts_add_up_and_only_the_rows_in_sight_exist(ten: Page) -> None:
    assert text(ten, "#sum") == (
        "10,000 photos = 2,500 with glasses + 5,000 without + 1,250 no face + 1,250 failed; "
        "2,500 unsure."
    )
    assert 0 < ten.run("document.querySelectorAll('.tile').length") < 100
    assert ten.run("document.querySelector('#grid').getAttribute('aria-rowcount')") == "1667"


def test_threshold_decides_again_at_once(ten: Page) -> None:
    slide(ten, 0.55)
    assert "3,750 with glasses + 3,750 without" in text(ten, "#sum")
    assert "glasses, 0.600" in str(
        ten.run("document.querySelector('.tile[data-place=\"5\"]').getAttribute('aria-label')")
    )
    assert ten.run("document.querySelector('#number').value") == "0.55"
    ten.run("document.querySelector('#number').select()")
    type_(ten, "#number", "0.97")
    assert "1,250 with glasses + 6,250 without" in text(ten, "#sum")
    ten.click("#reset")
    assert "2,500 with glasses" in text(ten, "#sum")
    assert ten.run("document.querySelectorAll('#histogram .bar.above').length") == 11


def test_filters_search_and_order(ten: Page) -> None:
    for number, shown in ((1, 10_000), (2, 2500), (3, 5000), (4, 2500), (5, 1250), (6, 1250)):
        choose(ten, number)
        assert text(ten, "#shown") == f"{shown:,} photos shown"
        assert ten.run("document.querySelectorAll('[aria-pressed=true]').length") == 1
    choose(ten, 1)
    type_(ten, "#search", "ALBUM 3/")
    assert text(ten, "#shown") == "1,000 photos shown"
    type_(ten, "#search", "nothing")
    assert text(ten, "#shown") == "0 photos shown"
    assert ten.run("document.querySelector('#empty').hidden") is False
    ten.run("document.querySelector('#search').value = ''")
    type_(ten, "#search", "0")
    for order, first in (
        ("high", "0.980"), ("low", "0.010"), ("near", "0.600"), ("name", "00000.jpg"),
    ):  # fmt: skip
        ten.run(
            f"(() => {{ const e = document.querySelector('#order'); e.value = '{order}';"
            "e.dispatchEvent(new Event('change')) })()"
        )
        ten.settle()
        assert first in text(ten, ".tile[data-place='0']")


def test_keyboard_goes_everywhere(ten: Page) -> None:
    focus(ten)
    ten.press("ArrowRight")
    assert focused(ten).startswith("album 0/00001.jpg")
    ten.press("ArrowDown")
    assert focused(ten).startswith("album 0/00007.jpg")
    ten.press("End")
    assert focused(ten).startswith("album 9/09999.jpg")
    inside = "(() => { const b = document.activeElement.getBoundingClientRect();"
    inside += "return b.top >= 0 && b.bottom <= innerHeight })()"
    assert ten.run(inside)
    ten.press("PageUp", "ArrowUp")
    assert ten.run(inside)
    ten.press("Home")
    assert focused(ten).startswith("album 0/00000.jpg")
    ten.press("/")
    assert ten.run("document.activeElement.id") == "search"
    ten.click("#help")
    assert ten.run("document.querySelector('#keys').hidden") is False


def test_a_phone_shows_two_columns_and_the_first_photo_without_scrolling(ten: Page) -> None:
    ten.window(390, 844)
    assert ten.run("document.querySelector('#grid').getAttribute('aria-colcount')") == "2"
    tops, widths = (
        ten.run(f"[...document.querySelectorAll('.tile')].slice(0, 2).map(e => {what})")
        for what in ("e.getBoundingClientRect().top", "e.getBoundingClientRect().right")
    )
    assert max(tops) < 560
    assert max(widths) <= 390
    assert ten.run("document.documentElement.scrollWidth") <= 390, "nothing sticks out"


def test_focus_outlives_a_change_of_the_window(ten: Page) -> None:
    focus(ten, 9)
    ten.window(420, 800)
    assert focused(ten).startswith("album 0/00009.jpg")
    assert ten.run("document.documentElement.scrollWidth") <= 420


def test_large_view_shows_each_face_and_the_reason(ten: Page) -> None:
    focus(ten, 1)
    ten.press("Enter")
    assert ten.run("document.querySelector('#view').open")
    assert text(ten, "#view-name") == "album 0/00001.jpg"
    assert text(ten, "#reason") == (
        "No glasses: the surest of 2 faces has probability 0.500, below the threshold 0.72."
    )
    assert ten.run("document.querySelectorAll('#faces tbody tr').length") == 2
    assert ten.run("document.querySelectorAll('#stage .face').length") == 2
    ten.press("ArrowRight", "ArrowRight")
    assert text(ten, "#reason") == "No face was found, so it counts as without glasses."
    ten.press("ArrowRight")
    assert "network only" in text(ten, "#faces")
    ten.click("#next")
    ten.click("#previous")
    assert text(ten, "#position") == "5 of 10,000 photos"
    ten.press("Escape")
    assert ten.run("document.querySelector('#view').open") is False
    assert focused(ten).startswith("album 0/00004.jpg")
    ten.press("ArrowRight", "ArrowRight", "ArrowRight")
    ten.click(".tile[data-place='7']")
    assert text(ten, "#reason") == "Failed: the file is damaged."
    ten.click("#close")


def test_large_view_fits_a_narrow_window(ten: Page) -> None:
    focus(ten, 1)
    ten.press("Enter")
    ten.window(420, 800)
    fits = "(({scrollWidth: w, clientWidth: c}) => w <= c)(document.querySelector('#view'))"
    assert ten.run(fits)
    assert ten.run("document.querySelector('#stage .frame').clientWidth") <= 400
    ten.press("Escape")


def exported(page: Page, folder: Path) -> list[dict[str, str]]:
    file = folder / "corrections.csv"
    file.unlink(missing_ok=True)
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.click("#export")
    deadline = time.monotonic() + 20
    while not file.exists() or not file.read_text("utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))


def test_marks_are_exported_as_corrections(ten: Page, large: Path, tmp_path: Path) -> None:
    assert ten.run("document.querySelector('#export').disabled")
    focus(ten)
    ten.press("x", "ArrowRight", "x", "ArrowRight", "d", "ArrowRight", "1", "ArrowRight", "0")
    ten.press("ArrowRight", "x", "x", "ArrowRight", "Enter")
    ten.click("#marks label:nth-of-type(2) input")
    ten.press("Escape")
    wanted = {
        "album 0/00000.jpg": "0", "album 0/00001.jpg": "1", "album 0/00002.jpg": "drop",
        "album 0/00003.jpg": "1", "album 0/00004.jpg": "0", "album 0/00006.jpg": "1",
    }  # fmt: skip
    rows = exported(ten, tmp_path)
    assert {r["name"]: r["correction"] for r in rows} == wanted
    assert {(r["job"], r["sha256"]) for r in rows} == {("abcd2345", content(n)) for n in wanted}
    choose(ten, 7)
    assert text(ten, "#shown") == "6 photos shown"
    ten.requests.clear()
    ten.open(large)
    assert text(ten, "#export") == "Export corrections.csv (6)"  # the browser kept them


def test_training_reads_the_exported_file(ten: Page, tmp_path: Path) -> None:
    from training import corrections

    focus(ten)
    ten.press("x", "ArrowRight", "d")
    exported(ten, tmp_path)
    assert corrections.read(tmp_path / "corrections.csv") == {
        "album 0/00000.jpg": False, "album 0/00001.jpg": None,
    }  # fmt: skip


def test_every_control_has_a_name_for_screen_readers(ten: Page) -> None:
    focus(ten)
    ten.press("Enter")
    nodes = ten.call("Accessibility.getFullAXTree")["nodes"]
    ten.press("Escape")
    nodes += ten.call("Accessibility.getFullAXTree")["nodes"]
    controls = {
        "button", "searchbox", "slider", "spinbutton", "combobox", "radio", "grid", "gridcell",
        "dialog", "link",
    }  # fmt: skip
    names: dict[str, list[str]] = {role: [] for role in controls}
    for node in nodes:
        role = node.get("role", {}).get("value", "").lower()
        if role in controls and not node.get("ignored"):
            names[role].append(node.get("name", {}).get("value", ""))
    assert all(names.values()), names
    assert all(name.strip() for found in names.values() for name in found), names
    assert ten.run("document.querySelectorAll('.tile[tabindex=\"0\"]').length") == 1


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_in_both_colours(ten: Page, dark: bool) -> None:
    ten.window(1280, 900, dark)
    ratio = """(() => {
      const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3)
        .map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = (e) => { const c = getComputedStyle(e).backgroundColor;
        return /, 0\\)$/.test(c) && e.parentElement ? ground(e.parentElement) : c; };
      return Math.min(...['#title', '#about', '#sum', '#shown', '.verdict.with', '.verdict.without',
        '.verdict.failed', '.name', '.note', '#filters button', '.picture .none'].map((s) => {
        const e = document.querySelector(s);
        const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05); }));
    })()"""
    assert ten.run(ratio) >= 4.5  # WCAG 2.2, 1.4.3


def test_no_name_can_run_anything(page: Page, tmp_path: Path) -> None:
    from producer.rows import no_formula, printable

    page.window(1280, 900)
    photos = iter([row(name, outcome(face(0.9))) for name in HOSTILE])
    about = About("hostile", None, HOSTILE[0], "", "", 0.72, FaceChoice.ANY, (0.1, 0.9))
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
    assert names == [no_formula(printable(name)) for name in HOSTILE]
    page.run("(() => { const s = document.createElement('script'); s.textContent = 'window.hurt=1';"
             "document.body.append(s) })()")  # fmt: skip
    assert page.run("window.hurt === undefined")
    page.errors.clear()  # the policy says that it refused that one


def test_photo_without_thumbnail_is_shown_from_its_file(page: Page, tmp_path: Path) -> None:
    (tmp_path / "a b.webp").write_bytes(webp())
    judged = row("a b.webp", outcome(face(0.9)))[0]
    photos = iter([(judged, Picture(link="a%20b.webp")), (judged, Picture(link="gone.webp"))])
    page.window(1280, 900)
    page.open(written(tmp_path / "linked.html", photos))
    wait = """new Promise((r) => { const i = setInterval(() => {
      if (document.querySelector('.tile .face') && document.querySelector('.tile .none')) {
        clearInterval(i); r(1); } }, 10) })"""
    page.run(wait)
    assert page.run("document.querySelector('.tile img').naturalWidth") == 160
    assert "cannot show it" in text(page, ".tile[data-place='1']")
    page.errors.clear()  # of the file that is gone


def test_page_of_no_photos_says_so(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path / "none.html", iter(())))
    assert text(page, "#shown") == "0 photos shown"
    page.window(1280, 900)
    assert page.errors == []

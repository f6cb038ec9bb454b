"""The large view of a photo."""

from __future__ import annotations

from tests.support.chromium import Page
from tests.support.report_page import (
    focus,
    focused,
    text,
)


def test_large_view_shows_each_face_and_the_reason(ten: Page) -> None:
    focus(ten, 1)
    ten.press("Enter")
    assert ten.run("document.querySelector('#view').open")
    assert text(ten, "#view-name") == "album 0/00001.jpg"
    assert text(ten, "#reason") == (
        "No glasses: the most probable of 2 faces has probability 0.500, below the threshold 0.72."
    )
    assert ten.run("document.querySelectorAll('#faces tbody tr').length") == 2
    assert ten.run("document.querySelectorAll('#stage .face').length") == 2
    ten.press("ArrowRight", "ArrowRight")
    assert text(ten, "#reason") == "No glasses: no face was found."
    ten.press("ArrowRight")
    assert "several views" in text(ten, "#faces")
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

"""Zoom in the large view: wheel, pinch, buttons, keys, drag, double click."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chromium import Page
from tests.support.report_page import focus, text

STAGE = "document.querySelector('#stage')"
FRAME = f"{STAGE}.querySelector('.frame')"


@pytest.fixture
def large_view(ten: Page) -> Iterator[Page]:
    focus(ten, 1)
    ten.press("Enter")
    yield ten
    ten.press("Escape")


def width(page: Page) -> float:
    return float(page.run(f"{FRAME}.getBoundingClientRect().width"))


def middle(page: Page) -> tuple[float, float]:
    x, y = page.run(
        f"(() => {{ const b = {STAGE}.getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2] })()"
    )
    return x, y


def test_wheel_zooms_at_the_pointer_and_dragging_pans(large_view: Page) -> None:
    page = large_view
    fits = width(page)
    x, y = middle(page)
    x -= 100
    under = f"({FRAME}.getBoundingClientRect().x - {x}) / {FRAME}.getBoundingClientRect().width"
    before = page.run(under)
    page.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-300)
    page.settle()
    assert width(page) > 1.5 * fits
    assert page.run(under) == pytest.approx(before, abs=0.01)
    left = f"{FRAME}.getBoundingClientRect().x"
    at = page.run(left)
    for kind, to in (("mousePressed", x), ("mouseMoved", x + 30), ("mouseReleased", x + 30)):
        page.call("Input.dispatchMouseEvent", type=kind, x=to, y=y, button="left", buttons=1)
    page.settle()
    assert page.run(left) == pytest.approx(at + 30, abs=1)
    page.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=5000)
    page.settle()
    assert width(page) == pytest.approx(fits, abs=1)


def test_buttons_keys_and_double_click_zoom(large_view: Page) -> None:
    page = large_view
    fits = width(page)
    percent = text(page, "#scale")
    page.click("#zoom-in")
    assert width(page) > fits
    assert text(page, "#scale") != percent
    page.click("#zoom-fit")
    assert width(page) == pytest.approx(fits, abs=1)
    page.press("+", "+", "-")
    left = f"{FRAME}.getBoundingClientRect().x"
    at = page.run(left)
    page.press("ArrowLeft", modifiers=8)
    assert page.run(left) > at, "Shift and an arrow pan"
    page.press("f")
    assert width(page) == pytest.approx(fits, abs=1)
    x, y = middle(page)
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            page.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=count
            )
    page.settle()
    assert width(page) > 1.9 * fits
    page.press("ArrowRight")
    assert text(page, "#view-name") == "album 0/00002.jpg"
    assert width(page) == pytest.approx(fits, abs=1), "the next photo is shown whole"


def test_two_fingers_zoom(large_view: Page) -> None:
    page = large_view
    fits = width(page)
    x, y = middle(page)
    points = lambda apart: [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]  # noqa: E731
    page.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=points(20))
    for apart in (40, 60):
        page.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=points(apart))
    page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    page.settle()
    assert width(page) > 2 * fits


def test_a_face_fills_half_of_the_stage(large_view: Page) -> None:
    page = large_view
    page.click("#faces tbody tr:nth-child(2) button")
    face, stage = (
        page.run(f"{element}.getBoundingClientRect().toJSON()")
        for element in (f"{STAGE}.querySelector('[data-face=\"1\"]')", STAGE)
    )
    share = max(face["width"] / stage["width"], face["height"] / stage["height"])
    assert share == pytest.approx(0.5, abs=0.05)
    assert stage["x"] <= face["x"] <= stage["x"] + stage["width"]

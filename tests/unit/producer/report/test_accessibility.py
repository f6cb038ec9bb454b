"""The report by keyboard, on a phone, for screen readers and in both colour schemes."""

from __future__ import annotations

import pytest

from tests.support.chromium import Page
from tests.support.report_page import (
    focus,
    focused,
    text,
)


def test_everything_is_reachable_by_keyboard(ten: Page) -> None:
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
    assert ten.run("getComputedStyle(document.querySelector('#keys')).display") == "block"


def test_focus_survives_resizing_the_window(ten: Page) -> None:
    focus(ten, 9)
    ten.window(420, 800)
    assert focused(ten).startswith("album 0/00009.jpg")
    assert ten.run("document.documentElement.scrollWidth") <= 420


def test_a_phone_shows_two_columns_on_seven_tenths_of_its_screen(ten: Page) -> None:
    ten.window(400, 800)
    assert ten.run("document.querySelector('#grid').getAttribute('aria-colcount')") == "2"
    tops, rights = (
        ten.run(f"[...document.querySelectorAll('.tile')].slice(0, 2).map(e => {what})")
        for what in ("e.getBoundingClientRect().top", "e.getBoundingClientRect().right")
    )
    assert max(tops) <= 0.3 * 800
    assert max(rights) <= 400
    assert ten.run("document.documentElement.scrollWidth") <= 400, "nothing sticks out"
    hidden = "getComputedStyle(document.querySelector('#settings')).display === 'none'"
    assert ten.run(hidden)
    ten.click("#more")
    assert not ten.run(hidden)
    assert ten.run("document.querySelector('#order').getBoundingClientRect().width") > 100
    assert ten.run("document.documentElement.scrollWidth") <= 400


def test_a_legend_explains_boxes_band_and_bars(ten: Page) -> None:
    legend = text(ten, "#legend")
    for word in ("photos per probability", "threshold", "unsure, 0.1 to 0.9", "face with glasses",
                 "face without", "several views"):  # fmt: skip
        assert word in legend
    colours = [
        ten.run(f"getComputedStyle(document.querySelector('{element}')).{style}")
        for element, style in (
            (".swatch.above", "backgroundColor"), ("#histogram .bar.above", "fill"),
            (".swatch.band", "backgroundColor"), ("#histogram .band", "fill"),
            ("#legend .face.worn", "borderColor"), (".tile .face.worn", "borderColor"),
        )
    ]  # fmt: skip
    assert colours[::2] == colours[1::2], "the legend has the colours of the page"


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
def test_text_has_enough_contrast_in_light_and_dark_mode(ten: Page, dark: bool) -> None:
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

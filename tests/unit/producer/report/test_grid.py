"""The grid of the report with ten thousand photos: counts, threshold, filters, search."""

from __future__ import annotations

from tests.support.chromium import Page
from tests.support.report_page import (
    choose,
    set_value,
    slide,
    text,
    type_,
)


def test_counts_add_up_and_only_visible_rows_are_rendered(ten: Page) -> None:
    assert text(ten, "#sum") == (
        "10,000 photos = 2,500 with glasses + 5,000 without + 1,250 no face + 1,250 failed; "
        "2,500 unsure."
    )
    assert 0 < ten.run("document.querySelectorAll('.tile').length") < 100
    assert ten.run("document.querySelector('#grid').getAttribute('aria-rowcount')") == "1667"


def test_moving_the_threshold_updates_verdicts_at_once(ten: Page) -> None:
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


def test_photos_can_be_filtered_searched_and_sorted(ten: Page) -> None:
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
        set_value(ten, "#order", order)
        assert first in text(ten, ".tile[data-place='0']")

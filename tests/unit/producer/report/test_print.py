"""All shown photos are printed, not only those whose tiles exist on the screen."""

from __future__ import annotations

import base64
import re

from tests.support.chromium import Page
from tests.support.report_page import text, type_

TILES = "document.querySelectorAll('#sheet .tile').length"


def test_all_shown_photos_are_printed(ten: Page) -> None:
    type_(ten, "#search", "album 3/030")
    assert text(ten, "#shown") == "100 photos shown"
    pdf = base64.b64decode(ten.call("Page.printToPDF", printBackground=True)["data"])
    pages = len(re.findall(rb"/Type ?/Page\b(?!s)", pdf))
    assert pages >= 100 / 4 / 6, "25 rows of four, at most six per page"
    assert ten.run(TILES) == 0, "the sheet is for the paper only"


def test_of_many_photos_the_first_thousand_are_printed_and_the_page_says_so(ten: Page) -> None:
    ten.run("dispatchEvent(new Event('beforeprint'))")
    assert ten.run(TILES) == 1000
    assert text(ten, "#print-note").startswith("The first 1,000 of 10,000 photos")
    ten.run("dispatchEvent(new Event('afterprint'))")

"""Photos whose faces are not upright are shown turned, with their boxes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import PhotoStatus
from producer.report.thumbnails import ReportPicture
from tests.support.chromium import Page
from tests.support.report_page import focus, row, saved, text, written

WIDTH, HEIGHT = 640, 480
MARK = 80
BOX = Box(left=64, top=48, width=128, height=96)
"""In the upper left quarter of the file, around a red square of `MARK` px."""
ORIENTATIONS = (0, 90, 180, 270, 45, 315)
QUARTERS = {0: (0, 0), 90: (1, 0), 180: (1, 1), 270: (0, 1), 45: (0, 0), 315: (0, 0)}
"""Where that quarter is shown: right of the middle, below the middle."""


def photo(orientation: int) -> tuple[Any, ReportPicture]:
    pixels = np.full((HEIGHT // 4, WIDTH // 4, 3), 230, np.uint8)
    pixels[12:36, 16:48] = (0, 0, 255)  # BGR
    data = bytes(cv2.imencode(".webp", pixels)[1].tobytes())
    face = Face(box=BOX, detection_score=1.0, probability=0.95)
    found = Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,), orientation=orientation)
    verdict, _ = row(f"{orientation}.jpg", found)
    return verdict, ReportPicture(data, WIDTH, HEIGHT)


@pytest.fixture
def turned(page: Page, tmp_path: Path) -> Iterator[Page]:
    page.window(1280, 900)
    page.open(written(tmp_path / "turned.html", map(photo, ORIENTATIONS)))
    page.settle()
    yield page
    assert page.errors == []


def rectangle(page: Page, selector: str) -> dict[str, float]:
    part = f"document.querySelector({selector!r}).getBoundingClientRect()"
    found = page.run(f"(({{x, y, width, height}}) => ({{x, y, width, height}}))({part})")
    return dict(found)


def middle(found: dict[str, float]) -> tuple[float, float]:
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def shown(page: Page) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return the frame, the image and the box of the large view."""
    return tuple(rectangle(page, f"#stage {part}") for part in (".frame", "img", ".face"))  # type: ignore[return-value]


def test_the_large_view_turns_photo_and_boxes(turned: Page) -> None:
    for place, orientation in enumerate(ORIENTATIONS):
        focus(turned, place)
        turned.press("Enter")
        turned.settle()
        frame, image, box = shown(turned)
        is_sideways = orientation in {90, 270}
        assert (frame["width"] < frame["height"]) is is_sideways
        assert image == pytest.approx(frame, abs=1)
        x, y = middle(box)
        right, below = QUARTERS[orientation]
        assert (x > middle(frame)[0], y > middle(frame)[1]) == (bool(right), bool(below))
        if orientation % 90 == 0:
            share = frame["width"] / (HEIGHT if is_sideways else WIDTH)
            sides = (BOX.height, BOX.width) if is_sideways else (BOX.width, BOX.height)
            assert (box["width"], box["height"]) == pytest.approx([share * s for s in sides], abs=2)
        note = text(turned, "#shown-from")
        assert (f"rotated by {orientation}° clockwise" in note) is (orientation in {90, 180, 270})
        assert ("tilted by 45°" in note) is (orientation in {45, 315})
        turned.press("Escape")


def test_a_turned_photo_zooms_to_its_face(turned: Page) -> None:
    focus(turned, 1)
    turned.press("Enter")
    turned.settle()
    turned.click("#faces button")
    turned.settle()
    stage, (_, _, box) = rectangle(turned, "#stage"), shown(turned)
    assert middle(box)[1] == pytest.approx(middle(stage)[1], abs=4)
    assert box["width"] > 0.2 * stage["width"]
    turned.press("Escape")


def test_tiles_are_turned_too(turned: Page) -> None:
    for place, orientation in enumerate(ORIENTATIONS):
        frame = rectangle(turned, f'.tile[data-place="{place}"] .frame')
        assert (frame["width"] < frame["height"]) is (orientation in {90, 270})


def test_saved_rows_have_the_orientation(turned: Page, tmp_path: Path) -> None:
    data = saved(turned, tmp_path, "#export-rows", "photos.csv").decode()
    rows = csv.DictReader(io.StringIO(data))
    assert [record["orientation"] for record in rows] == [str(each) for each in ORIENTATIONS]

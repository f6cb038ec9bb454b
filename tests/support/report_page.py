"""Reports for tests, and what a user does on their page."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from glasses.protocol.outcome import Outcome
from glasses.protocol.statuses import FailureReason
from glasses.protocol.verdict import DecisionRule, FaceChoice, Verdict, make_verdict
from producer.report.page import ReportInfo, write_page
from producer.report.thumbnails import ReportPicture
from tests.support.chromium import Page
from tests.support.classified_job import face, outcome
from tests.support.wait import wait_until

RULE = DecisionRule(model="m@1", threshold=0.72)
ABOUT = ReportInfo(
    "id", "abcd2345", "collection", "Job abcd2345", "", 0.72, FaceChoice.ANY, (0.1, 0.9)
)


def webp() -> bytes:
    return bytes(cv2.imencode(".webp", np.full((120, 160, 3), 90, np.uint8))[1].tobytes())


PICTURE = ReportPicture(webp(), 640, 480)


def content(name: str) -> str:
    """Return a hash that is unique per photo name."""
    return sha256(os.fsencode(name)).hexdigest()


def row(name: str, found: Outcome) -> tuple[Verdict, ReportPicture]:
    failed = found.reason is not None
    return make_verdict(name, content(name), found, RULE), ReportPicture() if failed else PICTURE


def ten_thousand() -> Iterator[tuple[Verdict, ReportPicture]]:
    """Yield 2,500 photos with glasses, 5,000 without, 1,250 without a face, 1,250 failed."""
    kinds = [
        outcome(face(0.95)), outcome(face(0.5), face(0.2, 300)), outcome(face(0.01)), outcome(),
        outcome(face(0.98, confirmed=False)), outcome(face(0.6)), outcome(face(0.02)),
        Outcome.failed(FailureReason.CORRUPT),
    ]  # fmt: skip
    for number in range(10_000):
        yield row(f"album {number // 1000}/{number:05d}.jpg", kinds[number % 8])


def written(
    path: Path, photos: Iterator[tuple[Verdict, ReportPicture]], about: ReportInfo = ABOUT
) -> Path:
    with path.open("w", encoding="utf-8") as out:
        write_page(out, about, photos)
    return path


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


def saved(page: Page, folder: Path, button: str, name: str) -> bytes:
    """Click on a button of the export menu and return the downloaded file."""
    file = folder / name
    file.unlink(missing_ok=True)
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.click("#exports summary")
    page.click(button)
    wait_until(lambda: file.exists() and file.read_bytes())
    return file.read_bytes()


def exported(page: Page, folder: Path) -> list[dict[str, str]]:
    """Export the corrections and return their rows."""
    text = saved(page, folder, "#export", "corrections.csv").decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def set_value(page: Page, selector: str, value: str) -> None:
    """Choose an option of a list."""
    page.run(
        f"(() => {{ const e = document.querySelector({selector!r}); e.value = {value!r};"
        "e.dispatchEvent(new Event('change')) })()"
    )
    page.settle()


def names(page: Page, count: int) -> list[str]:
    """Return the names of the first shown photos."""
    shown = (
        "[...document.querySelectorAll('.tile')].sort((a, b) => a.dataset.place - b.dataset.place)"
    )
    found: list[str] = page.run(
        f"{shown}.slice(0, {count}).map((e) => e.querySelector('.name').textContent)"
    )
    return found


def wait_for(page: Page, condition: str) -> None:
    """Wait until an expression is true on the page."""
    wait_until(lambda: page.run(f"Boolean({condition})"))

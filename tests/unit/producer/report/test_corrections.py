"""Corrections marked on the page and exported as CSV."""

from __future__ import annotations

from pathlib import Path

from tests.support.chromium import Page
from tests.support.report_page import (
    choose,
    content,
    exported,
    focus,
    text,
)


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
    assert text(ten, "#export") == "Corrections (6): corrections.csv"  # the browser kept them


def test_training_reads_the_exported_file(ten: Page, tmp_path: Path) -> None:
    from training.common import corrections

    focus(ten)
    ten.press("x", "ArrowRight", "d")
    exported(ten, tmp_path)
    assert corrections.read(tmp_path / "corrections.csv") == {
        "album 0/00000.jpg": False, "album 0/00001.jpg": None,
    }  # fmt: skip

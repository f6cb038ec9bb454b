"""The report of an evaluation in a browser: mistakes, figures, groups, marks of labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.evaluation.evaluate import Goals, evaluate
from glasses.sources.label_table import read_label_table
from producer.evaluation import section
from producer.json_output import EvaluateOutput
from producer.report.page import LabelledPage
from tests.support.chromium import Page
from tests.support.labelled import FAILED, labelled, ten
from tests.support.report_page import ABOUT as REPORT
from tests.support.report_page import (
    PICTURE,
    RULE,
    choose,
    exported,
    focus,
    slide,
    text,
    written,
)

HOSTILE = "<img src=x onerror=alert(1)>"


def output() -> EvaluateOutput:
    photos = [*ten(), labelled(f"{HOSTILE}.jpg", True, FAILED, age=HOSTILE)]
    found = evaluate([photo.verdict for photo in photos], Goals((1, 10), 0.9, 0.9))
    return EvaluateOutput(
        **dict(found), source="mine", job_id=None, job_state=None, model="m@1", threshold=0.5,
        faces="any", unlabelled=3, missing=(f"{HOSTILE}.jpg",), contradictory=(), duplicates=1,
        corrected=0, dropped=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    photos = [*ten(), labelled(f"{HOSTILE}.jpg", True, FAILED, age=HOSTILE)]
    page = LabelledPage(
        section.html(output()),
        ("age",),
        [(each.label, [each.row.groups.get("age", "")]) for each in photos],
    )
    about = REPORT.__class__(
        identity="evaluation-1", job_id=None, title="evaluation of mine", text="", pictures="",
        threshold=0.5, faces=RULE.faces, unsure=(0.1, 0.9), evaluation=page,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("evaluation") / "evaluation.html"
    return written(path, iter([(each.result.verdict, PICTURE) for each in photos]), about)


@pytest.fixture
def evaluated(page: Page, file: Path) -> Iterator[Page]:
    """Yield the freshly opened report; fail on errors and requests."""
    page.window(1280, 900)
    page.open(file)
    page.run("localStorage.clear()")
    page.errors.clear()
    page.requests.clear()
    page.open(file)
    page.settle()
    yield page
    assert page.errors == []
    assert {url for url in page.requests if not url.startswith(("data:", "blob:"))} == {
        file.as_uri()
    }


def names(page: Page) -> list[str]:
    found: list[str] = page.run("[...document.querySelectorAll('.tile .name')].map(e => e.title)")
    return found


def notes(page: Page) -> list[str]:
    tiles = "[...document.querySelectorAll('.tile .note')]"
    found: list[str] = page.run(f"{tiles}.map(e => e.innerText)")
    return found


def test_mistakes_are_shown_first_and_filtered_by_kind_and_group(evaluated: Page) -> None:
    assert names(evaluated) == ["d.jpg", "e.jpg", "f.jpg", f"{HOSTILE}.jpg"]
    assert notes(evaluated)[0] == "label: glasses"
    assert notes(evaluated)[2] == "label: no glasses"
    choose(evaluated, 3)
    assert names(evaluated) == ["f.jpg"]
    choose(evaluated, 4)
    assert names(evaluated) == ["d.jpg", "e.jpg", f"{HOSTILE}.jpg"]
    evaluated.run(
        "(() => { const s = document.querySelector('select[aria-label=age]');"
        "s.selectedIndex = [...s.options].findIndex(o => o.text === 'age: old (4)');"
        "s.dispatchEvent(new Event('change')) })()"
    )
    assert names(evaluated) == ["d.jpg", "e.jpg"]


def test_figures_follow_the_threshold(evaluated: Page) -> None:
    assert text(evaluated, "#sum") == (
        "At 0.5: accuracy 0.636, precision 0.750, recall 0.500, F1 0.600; 1 false positive, "
        "3 false negatives."
    )
    slide(evaluated, 0.85)
    assert "precision 1.000, recall 0.333" in text(evaluated, "#sum")
    assert "0 false positives, 4 false negatives" in text(evaluated, "#sum")


def test_marks_of_labels_are_exported_as_corrections(evaluated: Page, tmp_path: Path) -> None:
    focus(evaluated)
    evaluated.press("x", "ArrowRight", "d", "ArrowRight", "0")  # wrong, ambiguous, right
    assert notes(evaluated)[:3] == [
        "marked: label wrong, no glasses", "marked: ambiguous", "marked: label right",
    ]  # fmt: skip
    exported(evaluated, tmp_path)
    rows = read_label_table(tmp_path / "corrections.csv").rows
    assert {row.name: row.label for row in rows} == {"d.jpg": False, "e.jpg": None, "f.jpg": False}
    assert rows[0].sha256 == ten()[3].result.verdict.sha256
    focus(evaluated, 2)
    evaluated.press("Enter")
    reason = text(evaluated, "#reason")
    assert reason.endswith("The label is no glasses: a false positive. age: old.")


def test_section_has_the_figures_and_escapes_names(evaluated: Page) -> None:
    assert "Evaluation: F1 0.600" in text(evaluated, "#evaluation summary")
    cells = evaluated.run(
        "[...document.querySelectorAll('#evaluation tbody tr:first-child')].map(e => e.innerText)"
    )
    assert cells[0].split("\t") == ["glasses", "3", "1", "1", "1"]
    assert evaluated.run("document.querySelectorAll('#evaluation svg.chart').length") == 3
    assert evaluated.run("document.querySelectorAll('img[src=x]').length") == 0
    assert f"1 labelled photo not found: {HOSTILE}.jpg" in text(evaluated, "#evaluation .left-out")


def test_section_is_collapsed_on_a_phone_and_fits_its_width(evaluated: Page, file: Path) -> None:
    evaluated.window(400, 800)
    evaluated.requests.clear()
    evaluated.open(file)
    assert evaluated.run("document.querySelector('#evaluation').open") is False
    evaluated.click("#evaluation summary")
    assert evaluated.run("document.documentElement.scrollWidth") <= 400

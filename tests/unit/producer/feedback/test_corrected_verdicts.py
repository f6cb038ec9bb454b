"""Corrections of a person are found by content or name, and replace the model's class."""

from __future__ import annotations

import pytest

from glasses.protocol.eyewear import Eyewear
from glasses.protocol.groups import Group, UnsureBand, group_of
from glasses.protocol.outcome import Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.verdict import Correction, Verdict, make_verdict
from glasses.sources.label_table import LabelRow
from producer.feedback.corrected_verdicts import CorrectedVerdicts, log_unused
from producer.options import Only
from producer.row_filter import RowFilter
from tests.support.sorting import JOB, RULE, outcome

NO_FACE = Outcome(status=PhotoStatus.NO_FACE)


def verdict(image: str, content: str | None, found: Outcome = NO_FACE) -> Verdict:
    return make_verdict(image, content, found, RULE, path=f"/photos/{image}")


def corrected(rows: list[LabelRow], *verdicts: Verdict) -> list[str]:
    """Return the corrections of the verdicts, empty where there is none."""
    found = CorrectedVerdicts(rows, JOB, lambda: verdicts)
    return [found.correct(each).correction or "" for each in verdicts]


def test_a_correction_by_hash_applies_to_all_photos_with_these_bytes() -> None:
    row = LabelRow("a.jpg", label=True, sha256="1", job="another")
    photos = verdict("a.jpg", "1"), verdict("copy.jpg", "1"), verdict("sub/a.jpg", "2")
    assert corrected([row], *photos) == ["1", "1", ""]


def test_corrections_of_copies_of_one_photo_are_all_applied() -> None:
    rows = [LabelRow(name, label=True, sha256="1", job=JOB) for name in ("a.jpg", "copy.jpg")] + [
        LabelRow("b.jpg", label=False),
        LabelRow("b.jpg", label=False, job=JOB),
    ]
    found = CorrectedVerdicts(rows, JOB, list)
    assert found.unused == ["a.jpg", "copy.jpg", "b.jpg", "b.jpg"]
    for name, content in (("a.jpg", "1"), ("copy.jpg", "1"), ("b.jpg", "2")):
        assert found.correct(verdict(name, content)).correction is not None
    assert found.unused == []


@pytest.mark.parametrize("name", ["=a.jpg", "'=a.jpg", "/photos/=a.jpg"])
def test_a_correction_without_hash_applies_to_its_name(name: str) -> None:
    photos = verdict("=a.jpg", None), verdict("b.jpg", "1")
    assert corrected([LabelRow(name, label=False, job=JOB)], *photos) == ["0", ""]
    assert corrected([LabelRow(name, label=False, job="another")], *photos) == ["", ""]


def test_corrections_that_apply_to_no_photo_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [LabelRow("a.jpg", label=True), LabelRow("b.jpg", label=True, sha256="9")]
    verdicts = [verdict("a.jpg", "1"), verdict("a.jpg", "2"), verdict("b.jpg", "3")]
    found = CorrectedVerdicts(rows, JOB, lambda: verdicts)
    assert [found.correct(each) for each in verdicts] == verdicts
    log_unused(found)
    assert capsys.readouterr().err.splitlines() == [
        "correction of b.jpg matches no photo of this job",
        "correction of a.jpg not applied: several photos have this name; use the path",
    ]


@pytest.mark.parametrize(
    ("correction", "group", "only", "glasses"),
    [
        (Correction.GLASSES, Group.WITH, Only.GLASSES, True),
        (Correction.NO_GLASSES, Group.WITHOUT, Only.NO_GLASSES, False),
        (Correction.DROP, Group.UNSURE, Only.UNSURE, None),
    ],
)
@pytest.mark.parametrize(
    "found",
    [outcome(0.99), outcome(0.5), outcome(0.01), NO_FACE, Outcome.failed(FailureReason.EMPTY)],
)
def test_a_corrected_photo_is_listed_and_sorted_by_its_correction(
    found: Outcome, correction: Correction, group: Group, only: Only, glasses: bool | None
) -> None:
    before = verdict("a.jpg", "1", found)
    label = {"1": True, "0": False, "drop": None}[correction]
    row = LabelRow("a.jpg", label, sha256="1")
    after = CorrectedVerdicts([row], JOB, list).correct(before)
    assert group_of(after, UnsureBand()) is group
    assert RowFilter([only])(after)
    assert after.glasses is (before.glasses if glasses is None else glasses)
    if glasses is not None:
        others = set(Only) - {only, Only.EYEGLASSES, Only.SUNGLASSES}
        assert not any(RowFilter([other])(after) for other in others)
    changed = {"glasses": after.glasses, "correction": correction}
    if correction is Correction.NO_GLASSES:
        changed["eyewear"] = Eyewear.NONE
    assert after == before.model_copy(update=changed)

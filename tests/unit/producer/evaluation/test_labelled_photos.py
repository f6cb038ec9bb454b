"""Labels that corrections change, and photos that are left out."""

from __future__ import annotations

from glasses.sources.label_table import LabelRow, LabelTable
from producer.evaluation.labelled_photos import LabelledPhotos
from tests.support.classified_job import face, outcome
from tests.support.labelled import labelled, ten

FACE = outcome(face(0.9))


def test_corrections_change_and_exclude_labels_by_content_or_name() -> None:
    found = LabelledPhotos(ten())
    content = found.photos[0].result.verdict.sha256
    rows = [
        LabelRow("renamed.jpg", False, content), LabelRow("b.jpg", None),
        LabelRow("c.jpg", True), LabelRow("z.jpg", True),
    ]  # fmt: skip
    assert found.correct(LabelTable(rows, 0)) == ["z.jpg"]
    assert (found.changed, found.dropped) == (1, 1)
    labels = {photo.row.name: photo.label for photo in found.photos}
    assert labels["a.jpg"] is False
    assert labels["c.jpg"] is True
    assert "b.jpg" not in labels


def test_copies_with_different_labels_are_left_out_and_others_counted() -> None:
    found = LabelledPhotos(
        [
            labelled("a.jpg", True, FACE, "one"), labelled("b.jpg", False, FACE, "one"),
            labelled("c.jpg", True, FACE, "two"), labelled("d.jpg", True, FACE, "two"),
            labelled("e.jpg", False, FACE),
        ]
    )  # fmt: skip
    found.leave_out_contradictory()
    assert found.contradictory == ["a.jpg", "b.jpg"]
    assert [photo.row.name for photo in found.photos] == ["c.jpg", "d.jpg", "e.jpg"]
    assert found.duplicates == 1

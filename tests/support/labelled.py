"""Labelled verdicts whose figures are known."""

from __future__ import annotations

from hashlib import sha256

from glasses.evaluation.evaluate import LabelledVerdict
from glasses.protocol.outcome import Outcome
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.protocol.verdict import DecisionRule, make_verdict
from glasses.sources.label_table import LabelRow
from producer.evaluation.labelled_photos import LabelledPhoto
from tests.support.classified_job import face, outcome

RULE = DecisionRule(model="m@1", threshold=0.5)
FAILED = Outcome.failed(FailureReason.CORRUPT)


def labelled(
    name: str, label: bool, found: Outcome, content: str | None = None, **groups: str
) -> LabelledPhoto:
    """Return a photo; photos of the same `content` have the same hash."""
    digest = sha256((content or name).encode()).hexdigest()
    verdict = make_verdict(name, digest, found, RULE)
    row = LabelRow(name, label, groups=groups)
    return LabelledPhoto(row, label, PhotoResult(ManifestEntry(image=name), verdict))


def ten() -> list[LabelledPhoto]:
    """Return five photos with glasses, of which three are found, and five without."""
    return [
        labelled("a.jpg", True, outcome(face(0.95)), age="old"),
        labelled("b.jpg", True, outcome(face(0.9)), age="young"),
        labelled("c.jpg", True, outcome(face(0.6), face(0.1)), age="young"),
        labelled("d.jpg", True, outcome(face(0.2)), age="old"),
        labelled("e.jpg", True, outcome(), age="old"),
        labelled("f.jpg", False, outcome(face(0.8)), age="old"),
        labelled("g.jpg", False, outcome(face(0.1)), age="young"),
        labelled("h.jpg", False, outcome(face(0.05)), age="young"),
        labelled("i.jpg", False, outcome(), age="young"),
        labelled("j.jpg", False, FAILED),
    ]


def verdicts() -> list[LabelledVerdict]:
    """Return the verdicts of `ten`."""
    return [photo.verdict for photo in ten()]

from __future__ import annotations

import pytest

from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.verdict import DecisionRule, FaceChoice, Verdict, make_verdict


def face(probability: float, side: int = 10) -> Face:
    return Face(
        box=Box(left=0, top=0, width=side, height=side),
        detection_score=1,
        probability=probability,
    )


def decide(*faces: Face, threshold: float = 0.5, choice: FaceChoice = FaceChoice.ANY) -> Verdict:
    outcome = Outcome(status=PhotoStatus.CLASSIFIED, faces=faces)
    return make_verdict(
        "a.jpg", None, outcome, DecisionRule(model="m", threshold=threshold, faces=choice)
    )


def test_a_photo_is_positive_if_any_face_is() -> None:
    assert decide(face(0.1, side=99), face(0.9)).glasses
    assert not decide(face(0.1), face(0.2)).glasses


def test_only_the_largest_face_decides_if_requested() -> None:
    small, large = face(0.9, side=10), face(0.1, side=20)
    row = decide(small, large, choice=FaceChoice.LARGEST)
    assert not row.glasses
    assert row.probability == 0.1
    assert decide(face(0.1, side=10), face(0.9, side=20), choice=FaceChoice.LARGEST).glasses


def test_the_largest_face_is_chosen_by_area() -> None:
    wide = Face(box=Box(left=0, top=0, width=30, height=2), detection_score=1, probability=0.9)
    row = decide(wide, face(0.1, side=10), choice=FaceChoice.LARGEST)
    assert row.probability == 0.1


def test_every_face_is_listed_whichever_decides() -> None:
    faces = (face(0.9, side=10), face(0.1, side=20))
    row = decide(*faces, choice=FaceChoice.LARGEST)
    assert [each.model_dump(exclude={"eyewear"}) for each in row.faces] == [
        each.model_dump() for each in faces
    ]


def test_the_probability_of_a_photo_is_the_maximum_over_its_faces() -> None:
    assert decide(face(0.2), face(0.7), face(0.3)).probability == 0.7


@pytest.mark.parametrize(
    ("threshold", "positive"), [(0.0, True), (0.7, True), (0.7001, False), (1.0, False)]
)
def test_a_probability_equal_to_the_threshold_counts_as_glasses(
    threshold: float, positive: bool
) -> None:
    assert decide(face(0.7), threshold=threshold).glasses is positive


@pytest.mark.parametrize("choice", FaceChoice)
@pytest.mark.parametrize(
    "outcome", [Outcome(status=PhotoStatus.NO_FACE), Outcome.failed(FailureReason.CORRUPT)]
)
def test_a_photo_without_faces_is_never_positive(outcome: Outcome, choice: FaceChoice) -> None:
    row = make_verdict("a.jpg", None, outcome, DecisionRule(model="m", threshold=0, faces=choice))
    assert row.glasses is False
    assert row.probability is None
    assert row.faces == ()
    assert row.status is outcome.status
    assert row.reason is outcome.reason


def test_a_row_contains_photo_model_and_threshold() -> None:
    outcome = Outcome(status=PhotoStatus.NO_FACE)
    row = make_verdict("album/a.jpg", "0" * 64, outcome, DecisionRule(model="m@1", threshold=0.25))
    assert (row.image, row.sha256, row.model, row.threshold) == (
        "album/a.jpg", "0" * 64, "m@1", 0.25,
    )  # fmt: skip


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_0_and_1_is_rejected(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        DecisionRule(model="m", threshold=threshold)

from __future__ import annotations

import pytest

from glasses.protocol.eyewear import Eyewear, describe
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import PhotoStatus
from glasses.protocol.verdict import (
    Correction,
    DecisionRule,
    FaceChoice,
    Verdict,
    correct,
    make_verdict,
    with_rule,
)

NONE, CLEAR, DARK = Eyewear.NONE, Eyewear.EYEGLASSES, Eyewear.SUNGLASSES


def face(probability: float, sunglasses: float | None, side: int = 10) -> Face:
    return Face(
        box=Box(left=0, top=0, width=side, height=side),
        detection_score=1,
        probability=probability,
        sunglasses_probability=sunglasses,
    )


def decide(*faces: Face, threshold: float = 0.6, choice: FaceChoice = FaceChoice.ANY) -> Verdict:
    status = PhotoStatus.CLASSIFIED if faces else PhotoStatus.NO_FACE
    rule = DecisionRule(model="m", threshold=threshold, faces=choice)
    return make_verdict("a.jpg", None, Outcome(status=status, faces=faces), rule)


@pytest.mark.parametrize(
    ("probability", "sunglasses", "expected"),
    [
        (0.6, 0.5, DARK), (0.6, 0.4999, CLEAR), (0.5999, 0.9, NONE), (0.9, None, None),
        (0.1, None, None),
    ],
)  # fmt: skip
def test_a_face_wears_what_its_two_probabilities_say(
    probability: float, sunglasses: float | None, expected: Eyewear | None
) -> None:
    row = decide(face(probability, sunglasses))
    assert row.eyewear is expected
    assert [each.eyewear for each in row.faces] == [expected]


def test_the_deciding_face_tells_what_a_photo_shows() -> None:
    faces = (face(0.7, 0.1, side=30), face(0.9, 0.9), face(0.2, 0.9, side=20))
    assert [each.eyewear for each in decide(*faces).faces] == [CLEAR, DARK, NONE]
    assert decide(*faces).eyewear is DARK
    assert decide(*faces, choice=FaceChoice.LARGEST).eyewear is CLEAR


def test_a_photo_without_a_face_has_no_eyewear() -> None:
    assert decide().eyewear is None


def test_another_rule_gives_the_verdict_that_it_would_have_given_at_first() -> None:
    faces = (face(0.7, 0.9, side=30), face(0.8, 0.1))
    strict = DecisionRule(model="m", threshold=0.75, faces=FaceChoice.LARGEST)
    expected = decide(*faces, threshold=0.75, choice=FaceChoice.LARGEST)
    assert with_rule(decide(*faces), strict) == expected
    assert (expected.glasses, expected.eyewear, expected.faces[1].eyewear) == (False, NONE, CLEAR)


def test_a_correction_keeps_the_kind_that_the_model_sees_unless_a_person_says_it() -> None:
    missed, no_face = decide(face(0.1, 0.9)), decide()
    assert correct(missed, Correction.GLASSES).eyewear is DARK
    assert correct(missed, Correction.GLASSES, CLEAR).eyewear is CLEAR
    assert correct(no_face, Correction.GLASSES).eyewear is None
    assert correct(decide(face(0.9, 0.9)), Correction.NO_GLASSES).eyewear is NONE
    assert correct(missed, Correction.DROP).eyewear is NONE


@pytest.mark.parametrize(
    ("glasses", "eyewear", "text"),
    [
        (True, DARK, "sunglasses"), (True, CLEAR, "eyeglasses"), (True, None, "glasses"),
        (False, NONE, "no glasses"), (False, None, "no glasses"),
    ],
)  # fmt: skip
def test_a_verdict_in_words_has_the_kind_if_it_is_known(
    glasses: bool, eyewear: Eyewear | None, text: str
) -> None:
    assert describe(glasses, eyewear) == text

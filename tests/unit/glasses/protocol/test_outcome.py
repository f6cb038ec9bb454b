from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus

boxes = st.builds(Box, **dict.fromkeys(("left", "top", "width", "height"), st.integers()))
faces = st.builds(
    Face,
    box=boxes,
    detection_score=st.floats(allow_nan=False),
    probability=st.floats(0, 1),
    sunglasses_probability=st.none() | st.floats(0, 1),
)
outcomes = st.one_of(
    st.builds(Outcome.failed, st.sampled_from(FailureReason)),
    st.just(Outcome(status=PhotoStatus.NO_FACE)),
    st.builds(
        Outcome,
        status=st.just(PhotoStatus.CLASSIFIED),
        faces=st.lists(faces, min_size=1, max_size=5).map(tuple),
        orientation=st.sampled_from(range(0, 360, 45)),
    ),
)


@given(outcomes)
def test_an_encoded_outcome_decodes_unchanged(outcome: Outcome) -> None:
    assert Outcome.decode(outcome.encode()) == outcome


def test_an_encoded_outcome_has_no_field_names() -> None:
    face = Face(
        box=Box(left=1, top=-2, width=3, height=4),
        detection_score=0.5,
        probability=0.25,
        sunglasses_probability=0.75,
    )
    outcome = Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,), orientation=90)
    numbers = [1, -2, 3, 4, 0.5, 1, 0.25, 0.75]
    assert json.loads(outcome.encode()) == ["classified", [numbers], None, 90]
    failed = Outcome.failed(FailureReason.CORRUPT)
    assert json.loads(failed.encode()) == ["failed", [], "corrupt", None]


def test_an_outcome_with_one_face_takes_few_bytes() -> None:
    face = Face(
        box=Box(left=1234, top=1234, width=1234, height=1234),
        detection_score=1.234,
        probability=0.1234,
        sunglasses_probability=0.1234,
    )
    outcome = Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,), orientation=0)
    assert len(outcome.encode()) < 72


@pytest.mark.parametrize(
    "text", ["", "[]", '["lost",[],null,null]', '["failed",[],"bad luck",null]']
)
def test_an_invalid_outcome_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Outcome.decode(text)

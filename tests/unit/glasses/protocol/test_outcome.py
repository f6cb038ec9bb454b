from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasses.outcome import Box, Face, Outcome
from glasses.statuses import FailureReason, PhotoStatus

boxes = st.builds(Box, **dict.fromkeys(("left", "top", "width", "height"), st.integers()))
faces = st.builds(
    Face,
    box=boxes,
    detection_score=st.floats(allow_nan=False),
    probability=st.floats(0, 1),
)
outcomes = st.one_of(
    st.builds(Outcome.failed, st.sampled_from(FailureReason)),
    st.just(Outcome(status=PhotoStatus.NO_FACE)),
    st.builds(
        Outcome,
        status=st.just(PhotoStatus.CLASSIFIED),
        faces=st.lists(faces, min_size=1, max_size=5).map(tuple),
    ),
)


@given(outcomes)
def test_outcome_survives_being_written(outcome: Outcome) -> None:
    assert Outcome.decode(outcome.encode()) == outcome


def test_outcome_is_written_without_names() -> None:
    face = Face(box=Box(left=1, top=-2, width=3, height=4), detection_score=0.5, probability=0.25)
    outcome = Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,))
    assert json.loads(outcome.encode()) == ["classified", [[1, -2, 3, 4, 0.5, 1, 0.25]], None]
    assert json.loads(Outcome.failed(FailureReason.CORRUPT).encode()) == ["failed", [], "corrupt"]


def test_outcome_of_one_face_takes_few_bytes() -> None:
    face = Face(
        box=Box(left=1234, top=1234, width=1234, height=1234),
        detection_score=1.234,
        probability=0.1234,
    )
    assert len(Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,)).encode()) < 64


@pytest.mark.parametrize("text", ["", "[]", '["lost",[],null]', '["failed",[],"of bad luck"]'])
def test_what_is_no_outcome_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Outcome.decode(text)

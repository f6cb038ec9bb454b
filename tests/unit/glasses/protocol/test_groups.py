"""The group to which a verdict belongs."""

from __future__ import annotations

import pytest

from glasses.errors import UsageError
from glasses.protocol.groups import Group, UnsureBand, group_of
from glasses.protocol.outcome import Outcome
from glasses.protocol.statuses import FailureReason
from glasses.protocol.verdict import DecisionRule, make_verdict
from tests.support.sorting import outcome


@pytest.mark.parametrize(
    ("probability", "threshold", "expected"),
    [
        (0.95, 0.5, Group.WITH), (0.9, 0.5, Group.WITH), (0.89, 0.5, Group.UNSURE),
        (0.1, 0.5, Group.UNSURE), (0.09, 0.5, Group.WITHOUT), (0.93, 0.95, Group.UNSURE),
        (0.96, 0.95, Group.WITH), (0.06, 0.05, Group.UNSURE), (None, 0.5, Group.NO_FACE),
    ],
)  # fmt: skip
def test_probabilities_around_the_threshold_are_unsure(
    probability: float | None, threshold: float, expected: Group
) -> None:
    rule = DecisionRule(model="m@1", threshold=threshold)
    assert group_of(make_verdict("a", None, outcome(probability), rule), UnsureBand()) is expected
    failed = make_verdict("a", None, Outcome.failed(FailureReason.EMPTY), rule)
    assert group_of(failed, UnsureBand()) is Group.FAILED


@pytest.mark.parametrize("text", ["", "0.5", "0.9,0.1", "a,b", "0,2", "0.1,0.2,0.3", "nan,1"])
def test_an_invalid_band_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="LOW,HIGH"):
        UnsureBand.parse(text)

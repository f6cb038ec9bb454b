from __future__ import annotations

from glasses.lanes import LANES, PRIORITY_BULK, PRIORITY_SMALL, lane, list_name, quietest


def test_a_job_s_lane_never_changes_and_all_lanes_are_used() -> None:
    assert [lane(job_id) for job_id in ("abcdefgh", "aaaaaaaa", "zzzzzzzz")] == [0, 6, 5]
    assert {lane(f"{number:08d}") for number in range(200)} == set(range(LANES))


def test_lists_are_named_as_kombu_names_them() -> None:
    assert list_name(0, PRIORITY_SMALL) == "glasses"
    assert list_name(0, PRIORITY_BULK) == "glasses\x06\x166"
    assert list_name(3, PRIORITY_SMALL) == "glasses.3"
    assert list_name(3, PRIORITY_BULK) == "glasses.3\x06\x166"


def test_the_lane_with_the_fewest_messages_is_quietest_then_that_with_the_fewest_jobs() -> None:
    assert quietest([(5, 1), (0, 2), (0, 1), (9, 0)]) == 2
    assert {quietest([(0, 0), (1, 0), (0, 0)]) for _ in range(100)} == {0, 2}

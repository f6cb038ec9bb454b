from __future__ import annotations

from glasses.ledger.partitions import (
    PARTITIONS,
    PRIORITY_BULK,
    PRIORITY_SMALL,
    least_loaded,
    list_name,
    partition_of,
)


def test_a_job_keeps_its_partition_and_all_partitions_are_used() -> None:
    assert [partition_of(job_id) for job_id in ("abcdefgh", "aaaaaaaa", "zzzzzzzz")] == [0, 6, 5]
    assert {partition_of(f"{number:08d}") for number in range(200)} == set(range(PARTITIONS))


def test_lists_are_named_as_kombu_names_them() -> None:
    assert list_name(0, PRIORITY_SMALL) == "glasses"
    assert list_name(0, PRIORITY_BULK) == "glasses\x06\x166"
    assert list_name(3, PRIORITY_SMALL) == "glasses.3"
    assert list_name(3, PRIORITY_BULK) == "glasses.3\x06\x166"


def test_the_quietest_partition_has_the_fewest_messages_then_the_fewest_jobs() -> None:
    assert least_loaded([(5, 1), (0, 2), (0, 1), (9, 0)]) == 2
    assert {least_loaded([(0, 0), (1, 0), (0, 0)]) for _ in range(100)} == {0, 2}

"""A split never shows the same person on two sides."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from glasses.errors import UsageError
from training.common import splits
from training.common.sample import Sample


def people(count: int = 300) -> list[Sample]:
    """Several photos of each, in two datasets, some of nobody known."""
    made = []
    for i in range(count):
        for j in range(1 + i % 4):
            name = f"set{(i + j) % 2}/{i}-{j}.jpg"
            who = None if i % 7 == 0 else f"person:{i}"
            made.append(Sample(Path(name), name, (i + j) % 3 == 0, who, name[:4]))
    return made


def test_no_person_is_on_two_sides() -> None:
    samples = people()
    part_of = splits.split(samples)
    sides: dict[str, set[str]] = {}
    for sample in samples:
        sides.setdefault(sample.group, set()).add(part_of[sample.name])
    assert all(len(side) == 1 for side in sides.values())


def test_every_photo_has_a_part_of_about_the_right_size() -> None:
    samples = people()
    part_of = splits.split(samples)
    sizes = Counter(part_of.values())
    assert sum(sizes.values()) == len(samples)
    assert sizes[splits.TRAIN] / len(samples) == pytest.approx(0.7, abs=0.05)
    assert sizes[splits.TEST] / len(samples) == pytest.approx(0.2, abs=0.05)


def test_split_is_the_same_every_time() -> None:
    assert splits.split(people()) == splits.split(people())


def test_table_counts_every_photo_once() -> None:
    samples = people()
    lines = splits.table(samples, splits.assign(samples))
    assert sum(line[3] + line[4] for line in lines) == len(samples)
    assert sum(line[3] for line in lines) == sum(sample.has_glasses for sample in samples)


def test_table_has_a_row_for_each_fold() -> None:
    samples = [*strangers("a", 50), *strangers("b", 50)]
    lines = splits.text(splits.table(samples, splits.assign(samples, "original"))).splitlines()
    assert lines[0].split() == ["fold", "part", "a", "b"]
    assert lines[4].split() == ["3", "validation", "5/5", "5/5"]
    assert len(lines) == 6


def sides_of(samples: list[Sample], how: str) -> dict[str, set[str]]:
    """Dataset -> the parts that its photos are in."""
    part_of = splits.split(samples, how)
    sides: dict[str, set[str]] = {}
    for sample in samples:
        sides.setdefault(sample.dataset, set()).add(part_of[sample.name])
    return sides


def strangers(name: str, count: int = 60) -> list[Sample]:
    return [Sample(Path(f"{i}"), f"{name}/{i}", i % 2 == 0, None, name) for i in range(count)]


def test_original_takes_folds_of_each_dataset_in_their_order() -> None:
    samples = [*strangers("a", 50), *strangers("b", 50)]
    division = splits.assign(samples, "original")
    assert [division.fold[f"a/{i}"] for i in (0, 10, 20, 30, 49)] == [0, 1, 2, 3, 4]
    counts = Counter(division.part.values())
    assert counts == {splits.TRAIN: 60, splits.VALIDATION: 20, splits.TEST: 20}


def test_datasets_with_the_same_people_are_left_out_together() -> None:
    mixed = people()  # everybody known is in both of its datasets
    sides = sides_of([*mixed, *strangers("other")], "leave-out=set0")
    assert sides["set0"] == sides["set1"] == {splits.TEST}
    assert sides["other"] == {splits.TRAIN, splits.VALIDATION}


def test_rotations_together_judge_every_photo_once() -> None:
    samples = people()
    judged: Counter[str] = Counter()
    for turn in range(0, splits.FOLDS, 2):
        part_of = splits.split(samples, f"rotate={turn}")
        judged.update(name for name, part in part_of.items() if part == splits.TEST)
    assert set(judged.values()) == {1}
    assert len(judged) == len(samples)
    assert splits.split(samples, "rotate=0") == splits.split(samples)


@pytest.mark.parametrize("how", ["people", "original"])
def test_a_tiny_dataset_joins_the_strata_of_the_largest(how: str) -> None:
    samples = [*strangers("large", 100), *strangers("tiny", 4)]
    part_of = splits.split(samples, how)  # a warning would fail this test
    assert len(part_of) == 104
    assert set(part_of.values()) == set(splits.PARTS)


def test_too_few_photos_to_divide_are_an_error() -> None:
    samples = [*strangers("large", 100), *strangers("tiny", 4)]
    with pytest.raises(UsageError, match="only 2 photos of a label are left to divide"):
        splits.split(samples, "leave-out=large")


def test_too_few_people_to_divide_are_an_error() -> None:
    samples = [dataclasses.replace(s, together=f"{i % 9}") for i, s in enumerate(strangers("a"))]
    with pytest.raises(UsageError, match="only 9 people or different photos"):
        splits.split(samples)


def test_copies_in_two_datasets_are_left_out_together() -> None:
    mine, other = strangers("a"), strangers("b")
    copy = dataclasses.replace(mine[0], together="photo:b/0")
    other[0] = dataclasses.replace(other[0], together="photo:b/0")
    assert splits.related_datasets([copy, *mine[1:], *other], "a") == {"a", "b"}


def test_photos_of_a_person_follow_the_official_part() -> None:
    samples = people()
    marked = next(sample for sample in samples if sample.identity is not None)
    samples = [
        dataclasses.replace(s, official=splits.TEST) if s.name == marked.name else s
        for s in samples
    ]
    part_of = splits.split(samples, "official")
    assert {part_of[s.name] for s in samples if s.group == marked.group} == {splits.TEST}


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("odd", "no split 'odd'"),
        ("leave-out=nobody", "no dataset 'nobody'"),
        ("leave-out=set0", "no photos to train on"),
    ],
)
def test_a_split_that_cannot_be_is_named(how: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        splits.split(people(), how)

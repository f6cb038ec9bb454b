"""A split never shows the same person on two sides."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from training import splits
from training.sample import Sample


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
    lines = splits.table(samples, splits.split(samples))
    assert sum(line[2] + line[3] for line in lines) == len(samples)
    assert sum(line[2] for line in lines) == sum(sample.has_glasses for sample in samples)

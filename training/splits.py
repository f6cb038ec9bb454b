"""Labelled crops or photos -> train, validation, test, with every person on one side only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from sklearn.model_selection import StratifiedGroupKFold

from training.sample import Sample

TRAIN: Final = "train"
VALIDATION: Final = "validation"
TEST: Final = "test"
PARTS: Final = (TRAIN, VALIDATION, TEST)

FOLDS: Final = 10
SIDES: Final = (TRAIN,) * 7 + (VALIDATION,) + (TEST,) * 2
"""The part of each fold: seven tenths train, one chooses threshold and calibration, two judge."""
SEED: Final = 2026


def split(samples: Sequence[Sample]) -> dict[str, str]:
    """Assign every photo to a part.

    Folds are grouped by person and stratified by dataset and label together. The assignment
    depends on the list of photos and on nothing else.

    Args:
        samples: All photos of all datasets.

    Returns:
        Photo name -> one of `PARTS`.

    Raises:
        AssertionError: A person would be on two sides: a bug.
    """
    groups = [sample.group for sample in samples]
    strata = [f"{sample.dataset}:{int(sample.has_glasses)}" for sample in samples]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    part_of: dict[str, str] = {}
    for fold, (_, members) in enumerate(folds.split(strata, strata, groups)):
        part_of.update((samples[i].name, SIDES[fold]) for i in members)
    _assert_disjoint(samples, part_of)
    return part_of


def _assert_disjoint(samples: Sequence[Sample], part_of: dict[str, str]) -> None:
    side: dict[str, str] = {}
    for sample in samples:
        part = part_of[sample.name]
        assert side.setdefault(sample.group, part) == part, f"{sample.group} is on two sides"


def table(samples: Sequence[Sample], part_of: dict[str, str]) -> list[tuple[str, str, int, int]]:
    """Dataset, part, photos with and without glasses, for every pair that occurs."""
    positives: Counter[tuple[str, str]] = Counter()
    photos: Counter[tuple[str, str]] = Counter()
    for sample in samples:
        key = (sample.dataset, part_of[sample.name])
        photos[key] += 1
        positives[key] += sample.has_glasses
    order = {part: i for i, part in enumerate(PARTS)}
    keys = sorted(photos, key=lambda key: (key[0], order[key[1]]))
    return [(*key, positives[key], photos[key] - positives[key]) for key in keys]

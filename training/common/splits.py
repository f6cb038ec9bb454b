"""Splits: how photos are divided into train, validation and test.

`people` (the default) keeps each person, and all copies of a photo, in one part. `rotate=K` is the
same with the parts moved by K folds: a few runs together evaluate every photo. `official` uses the
parts of the datasets' authors. `leave-out=NAME` tests on one dataset, and on those that share
people or photos with it, and trains on all others. `original` is the split of the 2020 original,
for comparisons with its table: unshuffled folds by dataset, with the same person in several parts.
It is of little use for sets whose list has all photos with glasses first: their folds have one
label only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from glasses.errors import UsageError
from training.common.sample import Sample

TRAIN: Final = "train"
VALIDATION: Final = "validation"
TEST: Final = "test"
PARTS: Final = (TRAIN, VALIDATION, TEST)

PEOPLE: Final = "people"
ORIGINAL: Final = "original"
OFFICIAL: Final = "official"
LEAVE_OUT: Final = "leave-out="
ROTATE: Final = "rotate="

FOLDS: Final = 10
SIDES: Final = (TRAIN,) * 7 + (VALIDATION,) + (TEST,) * 2
"""The part of each fold: seven tenths for training, one for threshold and calibration, two for
testing."""
ORIGINAL_SIDES: Final = (TRAIN,) * 3 + (VALIDATION, TEST)
REST_SIDES: Final = (TRAIN,) * 9 + (VALIDATION,)
SEED: Final = 2026
OUT: Final = -1
"""The fold of photos whose part is determined by a rule, not at random."""

Line = tuple[str, str, str, int, int]
Stratum = tuple[str, bool]
"""Dataset and label."""


@dataclass(frozen=True, slots=True)
class Split:
    """Fold and part of every photo.

    Attributes:
        fold: Photo name -> fold; `OUT` where a rule determines the part.
        part: Photo name -> one of `PARTS`.
    """

    fold: dict[str, int]
    part: dict[str, str]


def split(samples: Sequence[Sample], name: str = PEOPLE) -> dict[str, str]:
    """Return photo name -> one of `PARTS`; see `assign`."""
    return assign(samples, name).part


def assign(samples: Sequence[Sample], name: str = PEOPLE) -> Split:
    """Assign every photo to a fold and a part.

    The assignment depends on the list of photos only.

    Args:
        samples: All photos of all datasets.
        name: See the module.

    Raises:
        UsageError: There is no such split or dataset.
        AssertionError: A person would be in two parts, which is a bug.
    """
    if name == ORIGINAL:
        return _divide(samples, _by_dataset(samples), ORIGINAL_SIDES, {})
    if name == PEOPLE:
        result = _divide(samples, _by_person(samples), SIDES, {})
    elif name == OFFICIAL:
        result = _divide(samples, _by_person(samples), SIDES, _official(samples))
    elif name.startswith(ROTATE) and name.removeprefix(ROTATE).isdecimal():
        by = int(name.removeprefix(ROTATE)) % FOLDS
        sides = SIDES[FOLDS - by :] + SIDES[: FOLDS - by]
        result = _divide(samples, _by_person(samples), sides, {})
    elif name.startswith(LEAVE_OUT):
        out = related_datasets(samples, name.removeprefix(LEAVE_OUT))
        rest = [sample for sample in samples if sample.dataset not in out]
        if not rest:
            raise UsageError(f"no photos to train on without {', '.join(sorted(out))}")
        fixed = {sample.name: TEST for sample in samples if sample.dataset in out}
        result = _divide(samples, _by_person(rest), REST_SIDES, fixed)
    else:
        raise UsageError(
            f"no split {name!r}: choose {PEOPLE}, {ORIGINAL}, {OFFICIAL}, {ROTATE}K or "
            f"{LEAVE_OUT}NAME"
        )
    _assert_disjoint(samples, result.part)
    return result


def related_datasets(samples: Sequence[Sample], name: str) -> set[str]:
    """Return a dataset and all that share people or photos with it, directly or through others.

    Raises:
        UsageError: There is no such dataset.
    """
    people: dict[str, set[str]] = {}
    for sample in samples:
        groups = people.setdefault(sample.dataset, set())
        groups.add(sample.group)
    if name not in people:
        raise UsageError(
            f"no dataset {name!r} to leave out: choose one of {', '.join(sorted(people))}"
        )
    out, members = {name}, set(people[name])
    while more := {d for d in people if d not in out and people[d] & members}:
        out |= more
        members = members.union(*(people[d] for d in more))
    return out


def _by_person(samples: Sequence[Sample]) -> dict[str, int]:
    groups = [sample.group for sample in samples]
    found = _strata([(sample.dataset, sample.has_glasses) for sample in samples], FOLDS)
    if (people := len(set(groups))) < FOLDS:
        raise UsageError(
            f"only {people} people or different photos are left to divide, and the split needs "
            f"{FOLDS}: add photos of other people"
        )
    strata = [f"{dataset}:{int(label)}" for dataset, label in found]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(
        strata, strata, groups
    )
    return {samples[i].name: fold for fold, (_, members) in enumerate(folds) for i in members}


def _by_dataset(samples: Sequence[Sample]) -> dict[str, int]:
    count = len(ORIGINAL_SIDES)
    names = [name for name, _ in _strata([(sample.dataset, True) for sample in samples], count)]
    folds = StratifiedKFold(count).split(names, names)
    return {samples[i].name: fold for fold, (_, members) in enumerate(folds) for i in members}


def _strata(strata: Sequence[Stratum], folds: int) -> list[Stratum]:
    """Return the strata; those of fewer photos than folds join the largest of the same label.

    Raises:
        UsageError: All strata of a label together have fewer photos.
    """
    counts = Counter(strata)
    labels = {label for _, label in counts}
    largest = {
        label: max((s for s in counts if s[1] == label), key=lambda s: counts[s])
        for label in labels
    }
    joined = [s if counts[s] >= folds else largest[s[1]] for s in strata]
    if (fewest := min(Counter(joined).values())) < folds:
        raise UsageError(
            f"only {fewest} photos of a label are left to divide, and the split needs {folds}: add "
            "photos, or leave out a smaller dataset"
        )
    return joined


def _official(samples: Sequence[Sample]) -> dict[str, str]:
    # All photos of a person follow the one that has an official part.
    part = {sample.group: sample.official for sample in samples if sample.official is not None}
    return {sample.name: part[sample.group] for sample in samples if sample.group in part}


def _divide(
    samples: Sequence[Sample], fold: dict[str, int], sides: Sequence[str], rule: dict[str, str]
) -> Split:
    folds = {s.name: OUT if s.name in rule else fold[s.name] for s in samples}
    parts = {s.name: rule[s.name] if s.name in rule else sides[fold[s.name]] for s in samples}
    return Split(folds, parts)


def _assert_disjoint(samples: Sequence[Sample], part_of: dict[str, str]) -> None:
    seen: dict[str, str] = {}
    for sample in samples:
        part = part_of[sample.name]
        assert seen.setdefault(sample.group, part) == part, f"{sample.group} is in two parts"


def table(samples: Sequence[Sample], division: Split) -> list[Line]:
    """Return dataset, part, fold, and number of photos with and without glasses."""
    positives: Counter[tuple[str, str, int]] = Counter()
    photos: Counter[tuple[str, str, int]] = Counter()
    for sample in samples:
        key = (sample.dataset, division.part[sample.name], division.fold[sample.name])
        photos[key] += 1
        positives[key] += sample.has_glasses
    order = {part: i for i, part in enumerate(PARTS)}
    keys = sorted(photos, key=lambda key: (key[0], order[key[1]], key[2]))
    return [
        (
            name,
            part,
            "-" if fold == OUT else str(fold),
            positives[key],
            photos[key] - positives[key],
        )
        for key in keys
        for name, part, fold in (key,)
    ]


def text(lines: Sequence[Line]) -> str:
    """Return the table as text: a row per fold, a column per dataset, with / without glasses."""
    names = sorted({line[0] for line in lines})
    cells = {(part, fold, name): f"{a}/{b}" for name, part, fold, a, b in lines}
    folds = sorted({(fold, part) for _, part, fold, _, _ in lines})
    width = max(9, *(len(name) for name in names))
    rows = ["  ".join(["fold", "part".ljust(10), *(name.rjust(width) for name in names)])]
    for fold, part in folds:
        counts = (cells.get((part, fold, name), "").rjust(width) for name in names)
        rows.append("  ".join([fold.rjust(4), part.ljust(10), *counts]).rstrip())
    return "\n".join(rows)

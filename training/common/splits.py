"""Photos -> folds -> train, validation, test.

`people` (the default) keeps every person on one side. `rotate=K` is the same with the sides K
folds further on, so that a few runs together judge every photo. `official` puts photos where
their authors did. `leave-out=NAME` judges on one dataset, and on those that share people with
it, after training on all others. `original` is the 2020 original's, for comparing with its
table: unshuffled folds by dataset, the same person on both sides. It says little about sets whose
list puts all photos with glasses first: their folds hold one kind only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from glasses.errors import UsageError
from training.sample import Sample

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
"""The part of each fold: seven tenths train, one chooses threshold and calibration, two judge."""
ORIGINAL_SIDES: Final = (TRAIN,) * 3 + (VALIDATION, TEST)
REST_SIDES: Final = (TRAIN,) * 9 + (VALIDATION,)
SEED: Final = 2026
OUT: Final = -1
"""The fold of photos that a rule, not chance, put where they are."""

Line = tuple[str, str, str, int, int]


@dataclass(frozen=True, slots=True)
class Split:
    """Where every photo is.

    Attributes:
        fold: Photo name -> fold; `OUT` for what is placed by rule.
        part: Photo name -> one of `PARTS`.
    """

    fold: dict[str, int]
    part: dict[str, str]


def split(samples: Sequence[Sample], how: str = PEOPLE) -> dict[str, str]:
    """Photo name -> one of `PARTS`; see `assign`."""
    return assign(samples, how).part


def assign(samples: Sequence[Sample], how: str = PEOPLE) -> Split:
    """Assign every photo to a fold and a part.

    The assignment depends on the list of photos and on nothing else.

    Args:
        samples: All photos of all datasets.
        how: See the module.

    Raises:
        UsageError: There is no such split or dataset.
        AssertionError: A person would be on two sides: a bug.
    """
    if how == ORIGINAL:
        return _placed(samples, _by_dataset(samples), ORIGINAL_SIDES, {})
    if how == PEOPLE:
        result = _placed(samples, _by_person(samples), SIDES, {})
    elif how == OFFICIAL:
        result = _placed(samples, _by_person(samples), SIDES, _official(samples))
    elif how.startswith(ROTATE) and how.removeprefix(ROTATE).isdecimal():
        by = int(how.removeprefix(ROTATE)) % FOLDS
        sides = SIDES[FOLDS - by :] + SIDES[: FOLDS - by]
        result = _placed(samples, _by_person(samples), sides, {})
    elif how.startswith(LEAVE_OUT):
        out = kin(samples, how.removeprefix(LEAVE_OUT))
        rest = [sample for sample in samples if sample.dataset not in out]
        if not rest:
            raise UsageError(f"nothing is left to train on without {', '.join(sorted(out))}")
        placed = {sample.name: TEST for sample in samples if sample.dataset in out}
        result = _placed(samples, _by_person(rest), REST_SIDES, placed)
    else:
        raise UsageError(
            f"no split {how!r}: say {PEOPLE}, {ORIGINAL}, {OFFICIAL}, {ROTATE}K or {LEAVE_OUT}NAME"
        )
    _assert_disjoint(samples, result.part)
    return result


def kin(samples: Sequence[Sample], name: str) -> set[str]:
    """A dataset and all that share people with it, directly or through others.

    Raises:
        UsageError: There is no such dataset.
    """
    people: dict[str, set[str]] = {}
    for sample in samples:
        groups = people.setdefault(sample.dataset, set())
        if sample.identity is not None:
            groups.add(sample.identity)
    if name not in people:
        raise UsageError(f"no dataset {name!r} to leave out: there are {', '.join(sorted(people))}")
    out, known = {name}, set(people[name])
    while more := {d for d in people if d not in out and people[d] & known}:
        out |= more
        known = known.union(*(people[d] for d in more))
    return out


def _by_person(samples: Sequence[Sample]) -> dict[str, int]:
    groups = [sample.group for sample in samples]
    strata = [f"{sample.dataset}:{int(sample.has_glasses)}" for sample in samples]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(
        strata, strata, groups
    )
    return {samples[i].name: fold for fold, (_, members) in enumerate(folds) for i in members}


def _by_dataset(samples: Sequence[Sample]) -> dict[str, int]:
    names = [sample.dataset for sample in samples]
    folds = StratifiedKFold(len(ORIGINAL_SIDES)).split(names, names)
    return {samples[i].name: fold for fold, (_, members) in enumerate(folds) for i in members}


def _official(samples: Sequence[Sample]) -> dict[str, str]:
    # Where one photo of a person has an official part, that person's other photos follow.
    part = {sample.group: sample.official for sample in samples if sample.official is not None}
    return {sample.name: part[sample.group] for sample in samples if sample.group in part}


def _placed(
    samples: Sequence[Sample], fold: dict[str, int], sides: Sequence[str], rule: dict[str, str]
) -> Split:
    folds = {s.name: OUT if s.name in rule else fold[s.name] for s in samples}
    parts = {s.name: rule[s.name] if s.name in rule else sides[fold[s.name]] for s in samples}
    return Split(folds, parts)


def _assert_disjoint(samples: Sequence[Sample], part_of: dict[str, str]) -> None:
    side: dict[str, str] = {}
    for sample in samples:
        part = part_of[sample.name]
        assert side.setdefault(sample.group, part) == part, f"{sample.group} is on two sides"


def table(samples: Sequence[Sample], division: Split) -> list[Line]:
    """Dataset, part, fold, photos with and without glasses, for all that occur."""
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
    """The table with a row for each fold and a column for each dataset: with / without glasses."""
    names = sorted({line[0] for line in lines})
    cells = {(part, fold, name): f"{a}/{b}" for name, part, fold, a, b in lines}
    places = sorted({(fold, part) for _, part, fold, _, _ in lines})
    width = max(9, *(len(name) for name in names))
    rows = ["  ".join(["fold", "part".ljust(10), *(name.rjust(width) for name in names)])]
    for fold, part in places:
        counts = (cells.get((part, fold, name), "").rjust(width) for name in names)
        rows.append("  ".join([fold.rjust(4), part.ljust(10), *counts]).rstrip())
    return "\n".join(rows)

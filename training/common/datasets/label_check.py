"""Checks of all labelled photos before any work: both labels, enough of each, no contradiction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from glasses.errors import UsageError
from training.common.copies import equal_files
from training.common.progress import log
from training.common.sample import Sample
from training.common.splits import TRAIN, VALIDATION

MIN_PHOTOS = 50
"""Photos per label: a tenth of them, the validation part, chooses threshold and calibration."""
SHOWN = 3
_TEXT = {True: "with glasses", False: "without glasses"}


def check_labels(samples: Sequence[Sample]) -> None:
    """Check that a network can learn from the labels.

    Args:
        samples: The photos of all datasets, with corrected labels.

    Raises:
        UsageError: There are too few photos of a label, or one picture has both labels.
    """
    counts = Counter(sample.has_glasses for sample in samples)
    for label, text in _TEXT.items():
        if counts[label] < MIN_PHOTOS:
            raise UsageError(
                f"{counts[label]} photos {text} and {counts[not label]} {_TEXT[not label]}: "
                f"training needs at least {MIN_PHOTOS} of each; label more photos {text}"
            )
    contradictions, copies = [], 0
    for group in equal_files(samples):
        labels = {sample.has_glasses for sample in group}
        if len(labels) > 1:
            contradictions.append(group)
        else:
            copies += len(group) - 1
    if contradictions:
        raise UsageError(_contradiction_text(contradictions))
    if copies:
        what = "1 photo is a copy" if copies == 1 else f"{copies} photos are copies"
        log(f"{what} of another: a split keeps copies in one part")


def check_parts(samples: Sequence[Sample], part_of: Mapping[str, str]) -> None:
    """Check that the parts that determine the network and its threshold have both labels.

    Raises:
        UsageError: A label is missing in one, because most of its photos are of the same people.
    """
    found = Counter((part_of[sample.name], sample.has_glasses) for sample in samples)
    for part in (TRAIN, VALIDATION):
        for label, text in _TEXT.items():
            if not found[part, label]:
                raise UsageError(
                    f"the {part} part has no photo {text}: no person is in two parts, so label "
                    f"photos {text} of more people"
                )


def _contradiction_text(groups: Sequence[Sequence[Sample]]) -> str:
    lines = [
        " = ".join(f"{sample.path} ({_TEXT[sample.has_glasses]})" for sample in group)
        for group in groups[:SHOWN]
    ]
    more = f"\n  … and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
    what = "1 picture is" if len(groups) == 1 else f"{len(groups)} pictures are"
    return (
        f"{what} labelled both with and without glasses: delete the wrong copy of each, or drop it "
        "with --corrections\n  " + "\n  ".join(lines) + more
    )

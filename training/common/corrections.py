"""What a person found about doubtful labels (see `glasses.corrections`), put to use in training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from glasses.corrections import read as read_lines
from training.cropset import Row
from training.sample import Sample

Corrections = Mapping[str, bool | None]
"""Photo name -> its right label; None drops the photo."""


def read(path: Path | None) -> Corrections:
    """Read a file of corrections; no file corrects nothing.

    Raises:
        UsageError: It is missing, lacks a column, holds another word, or contradicts itself.
    """
    if path is None:
        return {}
    return {each.name: each.label for each in read_lines(path)}


def unknown(corrections: Corrections, samples: Sequence[Sample]) -> list[str]:
    """Corrected photos that do not exist: a file for other data, or a mistyped name."""
    names = {sample.name for sample in samples}
    return [name for name in corrections if name not in names]


def correct(samples: Sequence[Sample], corrections: Corrections) -> list[Sample]:
    """Samples with right labels, without those that were dropped."""
    result = []
    for sample in samples:
        label = corrections.get(sample.name, sample.has_glasses)
        if label is not None:
            result.append(dataclasses.replace(sample, has_glasses=label))
    return result


def correct_row(row: Row, corrections: Corrections) -> Row:
    """A crop's row with the right label; crops are cut before anybody judges them."""
    label = corrections.get(row.name, row.has_glasses)
    return row if label is None else dataclasses.replace(row, has_glasses=label)

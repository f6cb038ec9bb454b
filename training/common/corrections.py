"""Label corrections by a person (`glasses.sources.label_table`), applied in training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from glasses.protocol.eyewear import Eyewear
from glasses.sources.label_table import LabelFormat, read_label_table
from training.common.crop_set import CropRow
from training.common.sample import Sample

Corrections = Mapping[str, bool | None]
"""Photo name -> the right label; None drops the photo."""
UNKNOWN = {True: None, False: Eyewear.NONE}
"""What a person wears by the corrected label alone."""


def read(path: Path | None) -> Corrections:
    """Return the corrections of a file; none without a file.

    Raises:
        UsageError: The file or a column is missing, a value is unknown, or lines are contradictory.
    """
    if path is None:
        return {}
    table = read_label_table(path, LabelFormat("name", "correction"))
    return {each.name: each.label for each in table.rows}


def unknown(corrections: Corrections, samples: Sequence[Sample]) -> list[str]:
    """Return the corrected photos that do not exist, because of other data or a mistyped name."""
    names = {sample.name for sample in samples}
    return [name for name in corrections if name not in names]


def correct(samples: Sequence[Sample], corrections: Corrections) -> list[Sample]:
    """Return the samples with corrected labels, without those that were dropped."""
    result = []
    for sample in samples:
        label = corrections.get(sample.name, sample.has_glasses)
        if label is not None:
            eyewear = sample.eyewear if label == sample.has_glasses else UNKNOWN[label]
            result.append(dataclasses.replace(sample, has_glasses=label, eyewear=eyewear))
    return result


def correct_row(row: CropRow, corrections: Corrections) -> CropRow:
    """Return a crop's row with the corrected label; crops are stored with the original one."""
    label = corrections.get(row.name, row.has_glasses)
    return row if label is None else dataclasses.replace(row, has_glasses=label)

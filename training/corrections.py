"""What a person found about doubtful labels: a CSV with `name` and `correction`.

`correction` is 1 (wears glasses), 0 (does not), `drop` (cannot be told, or no face), or empty (not
looked at: the label stays). The audit's `suspects.csv`, filled in, is such a file.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from glasses.errors import UsageError
from training.cropset import Row
from training.sample import Sample

DROP = "drop"
Corrections = Mapping[str, bool | None]
"""Photo name -> its right label; None drops the photo."""

_MEANING: dict[str, bool | None] = {"1": True, "0": False, DROP: None}


def read(path: Path | None) -> Corrections:
    """Read a file of corrections; no file corrects nothing.

    Raises:
        UsageError: It is missing, lacks a column, or holds another word.
    """
    if path is None:
        return {}
    found: dict[str, bool | None] = {}
    try:
        with path.open(newline="") as file:
            rows = csv.DictReader(file)
            if not {"name", "correction"} <= set(rows.fieldnames or ()):
                raise UsageError(f"{path} lacks the columns name and correction")
            for row in rows:
                word = (row["correction"] or "").strip()
                if word and word not in _MEANING:
                    raise UsageError(
                        f"{path}:{rows.line_num}: correction is {word!r}, not 1, 0, {DROP} or empty"
                    )
                if word:
                    found[row["name"]] = _MEANING[word]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    return found


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

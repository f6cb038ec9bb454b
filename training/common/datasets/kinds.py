"""Kinds of glasses: labels of eyeglasses and sunglasses, in addition to those of glasses.

`kinds.csv` in the data root has `dataset,path,kind` for sets whose own labels do not tell kinds. A
`labels.csv` has a column `kind`. Where the kind is unclear, it is `unsure`.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping
from pathlib import Path

from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear, labelled_eyewear
from training.common.datasets.dataset import Dataset

KINDS = "kinds.csv"
_COLUMNS = {"dataset", "path", "kind"}


def read_kinds(root: Path) -> dict[str, str]:
    """Return photo name -> written kind from the table of a data root; nothing without one.

    Raises:
        UsageError: A column is missing.
    """
    path = root / KINDS
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        if missing := _COLUMNS - set(rows.fieldnames or ()):
            raise UsageError(f"{path}: missing column {', '.join(sorted(missing))}")
        return {f"{row['dataset']}/{row['path']}": row["kind"] for row in rows}


def with_kinds(dataset: Dataset, kinds: Mapping[str, str]) -> Dataset:
    """Return a dataset whose samples have the kinds of a table, and else those they had."""
    samples = tuple(
        dataclasses.replace(
            sample,
            eyewear=labelled_eyewear(kinds[sample.name], sample.has_glasses)
            if sample.name in kinds
            else sample.eyewear or (None if sample.has_glasses else Eyewear.NONE),
        )
        for sample in dataset.samples
    )
    return dataclasses.replace(dataset, samples=samples)

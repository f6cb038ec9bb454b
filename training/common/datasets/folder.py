"""Your own photos: `labels.csv` with `path,has_glasses` and, if known, `identity,kind,notes`."""

from __future__ import annotations

import csv
from pathlib import Path

from glasses.errors import UsageError
from glasses.protocol.eyewear import labelled_eyewear
from training.common.datasets.dataset import Dataset
from training.common.datasets.terms import terms_of
from training.common.sample import Sample

LABELS = "labels.csv"
SHARED = ("celeba_id_",)
"""Identities with these prefixes are shared by all datasets."""


def is_folder(folder: Path) -> bool:
    """Return whether a folder has the layout."""
    return (folder / LABELS).is_file()


def load(folder: Path) -> Dataset:
    """Return a folder of labelled photos.

    Raises:
        UsageError: A column is missing in `labels.csv`, or a label is not 0 or 1.
    """
    samples = []
    with (folder / LABELS).open(newline="") as file:
        rows = csv.DictReader(file)
        missing = {"path", "has_glasses"} - set(rows.fieldnames or ())
        if missing:
            raise UsageError(f"{folder / LABELS}: missing column {', '.join(sorted(missing))}")
        for row in rows:
            if row["has_glasses"] not in {"0", "1"}:
                raise UsageError(
                    f"{folder / LABELS}:{rows.line_num}: has_glasses is {row['has_glasses']!r}, "
                    "not 0 or 1"
                )
            samples.append(
                Sample(
                    path=folder / row["path"],
                    name=f"{folder.name}/{row['path']}",
                    has_glasses=row["has_glasses"] == "1",
                    identity=_identity(row.get("identity"), folder.name),
                    dataset=folder.name,
                    eyewear=labelled_eyewear(row.get("kind") or "", row["has_glasses"] == "1"),
                )
            )
    return Dataset(folder.name, tuple(samples), aligned=False, terms=terms_of(folder.name))


def _identity(written: str | None, dataset: str) -> str | None:
    if not written:
        return None
    return written if written.startswith(SHARED) else f"{dataset}:{written}"

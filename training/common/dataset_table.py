"""The table of the datasets in a data root."""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training.common.datasets import Dataset
from training.common.datasets.discover import EXPECTED, check, examine

HEAD = ("dataset", "without", "with", "people", "note")
PUBLISHED = ("celeba", "meglass", "sof", "specface")
"""Datasets of the 2020 original; missing ones are listed as such."""


def table(root: Path) -> list[tuple[str, ...]]:
    """Return a row per dataset, per other subfolder, and per missing published dataset.

    Raises:
        UsageError: The root does not exist, or a dataset is incomplete.
    """
    if not root.is_dir():
        raise UsageError(f"no directory {root}: pass the folder of the datasets with --data")
    rows: list[tuple[str, ...]] = []
    for path, dataset in examine(root):
        if dataset is None:
            rows.append((path.name, "", "", "", f"ignored: not {EXPECTED}"))
            continue
        check(dataset)
        rows.append(_row(dataset))
    present = {row[0].split("_")[0] for row in rows}
    rows += [(name, "", "", "", "missing") for name in PUBLISHED if name not in present]
    return rows


def text(rows: list[tuple[str, ...]]) -> str:
    """Return the rows as text, in columns."""
    lines = [HEAD, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD) - 1)]
    return "\n".join(
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(line[i].rjust(widths[i]) for i in (1, 2, 3)),
                line[4],
            ]
        ).rstrip()
        for line in lines
    )


def _row(dataset: Dataset) -> tuple[str, ...]:
    without, worn = dataset.counts
    people = {sample.identity for sample in dataset.samples if sample.identity is not None}
    note = f"warning: {dataset.warning}" if dataset.warning else ""
    return (dataset.name, str(without), str(worn), str(len(people)) if people else "?", note)

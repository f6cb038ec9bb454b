"""A data root -> the table of what lies there."""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training.datasets import Dataset
from training.datasets.discover import EXPECTED, check, examine

HEAD = ("dataset", "without", "with", "people", "note")
PUBLISHED = ("celeba", "meglass", "sof", "specface")
"""What the original was trained on; a set that lacks is said to lack."""


def table(root: Path) -> list[tuple[str, ...]]:
    """A row for each dataset, each subfolder that is none, and each published set that lacks.

    Raises:
        UsageError: A set is half there, or nothing is.
    """
    if not root.is_dir():
        raise UsageError(f"no folder {root}: give the folder that holds the datasets with --data")
    rows: list[tuple[str, ...]] = []
    for path, dataset in examine(root):
        if dataset is None:
            rows.append((path.name, "", "", "", f"passed over: not {EXPECTED}"))
            continue
        check(dataset)
        rows.append(_row(dataset))
    there = {row[0].split("_")[0] for row in rows}
    rows += [(name, "", "", "", "not there") for name in PUBLISHED if name not in there]
    return rows


def text(rows: list[tuple[str, ...]]) -> str:
    """Rows in columns."""
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

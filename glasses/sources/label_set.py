"""Label sets: labelled photos in two folders, or named in a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from glasses.config.retry import Notify, ignore
from glasses.config.settings import Settings
from glasses.errors import UsageError
from glasses.protocol.eyewear import labelled_eyewear
from glasses.sources.arguments import PhotoSelection
from glasses.sources.label_table import (
    LabelFormat,
    LabelRow,
    LabelTable,
    read_label_table,
    with_kinds,
)

TABLE = "labels.csv"
"""Table that describes the folder in which it is located."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labelled photos.

    Attributes:
        source: The folder or the table.
        folder: The folder that names are relative to.
        rows: Name and label of each photo; a label of None excludes it.
        unlabelled: Number of rows or files without a label.
    """

    source: Path
    folder: Path
    rows: list[LabelRow]
    unlabelled: int

    @property
    def labelled(self) -> list[LabelRow]:
        """Return the rows with a label."""
        return [row for row in self.rows if row.label is not None]

    @property
    def left_out(self) -> int:
        """Return the number of photos without a label, and of excluded ones."""
        return self.unlabelled + len(self.rows) - len(self.labelled)


def check_labels(source: Path, labels: Iterable[bool | None]) -> None:
    """Check that both labels occur.

    Raises:
        UsageError: There are no labels, or only one.
    """
    counts = Counter(labels)
    for label, other in ((True, "without glasses"), (False, "with glasses")):
        if not counts[not label]:
            have = f"all {counts[label]} labelled photos are {_LABELS[label]}"
            problem = have if counts[label] else "no photo has a label"
            raise UsageError(
                f"{source}: {problem}. An evaluation needs photos with and without glasses"
                + (f": add some {other}" if counts[label] else "")
            )


_LABELS = {True: "with glasses", False: "without glasses"}


def read_label_set(
    source: Path,
    format_: LabelFormat,
    settings: Settings,
    folder: Path | None = None,
    groups: Sequence[str] = (),
    notify: Notify = ignore,
) -> LabelSet:
    """Return the labels of a folder or a table.

    Args:
        source: A folder with labels.csv, or with one folder per label; or a CSV file.
        format_: How labels are written.
        settings: Limits for reading.
        folder: Folder that the names in a table are relative to; None: the table's.
        groups: Further columns of the table to read.
        notify: Called with messages about skipped links.

    Raises:
        UsageError: The labels cannot be read or contradict themselves.
    """
    if not source.is_dir():
        table = read_label_table(source, format_, groups, hints=True)
        return _of_table(source, folder or source.absolute().parent, table)
    path = source / TABLE
    if path.is_file():
        return _of_table(
            path, folder or source, read_label_table(path, format_, groups, hints=True)
        )
    if groups or format_.path_column or format_.label_column:
        raise UsageError(
            f"{source} has no {TABLE}: --group, --path-column and --label-column are for tables"
        )
    return _of_folders(source, format_, settings, notify)


def _of_table(source: Path, folder: Path, table: LabelTable) -> LabelSet:
    return LabelSet(source, folder, table.rows, table.unlabelled)


def label_folders(source: Path, format_: LabelFormat) -> dict[str, bool]:
    """Return the folders in `source` whose name is a label, with that label.

    Raises:
        UsageError: `source` cannot be read.
    """
    labels = {name: _folder_label(name, format_) for name in _folder_names(source)}
    return {name: label for name, label in labels.items() if label is not None}


def _of_folders(source: Path, format_: LabelFormat, settings: Settings, notify: Notify) -> LabelSet:
    names = _folder_names(source)
    labels = label_folders(source, format_)
    if set(labels.values()) != {True, False}:
        found = f"its folders are {', '.join(names)}" if names else "it has no folders"
        raise UsageError(
            f"{source} has neither {TABLE} nor a folder for each label, such as glasses/ and "
            f"no_glasses/; {found}. Pass the name of the folder with glasses with --positive"
        )
    rows, unlabelled = [], 0
    for photo in PhotoSelection([str(source)]).photos(settings, notify):
        label = labels.get(photo.image.partition("/")[0])
        if label is None:
            unlabelled += 1
        else:
            kind = labelled_eyewear(photo.image.partition("/")[0], True) if label else None
            rows.append(LabelRow(photo.image, label, eyewear=kind))
    return LabelSet(source, source, with_kinds(rows), unlabelled)


def _folder_names(source: Path) -> list[str]:
    try:
        return sorted(item.name for item in source.iterdir() if item.is_dir())
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from None


def _folder_label(name: str, format_: LabelFormat) -> bool | None:
    if name.startswith("."):
        return None
    try:
        return format_.label(name)
    except ValueError:
        return None

"""Label tables: CSV files that say which photos show a person with glasses.

A table has a column with the photo and one with its label. Their names are recognized, or passed.
A label, or a column `kind` beside it, may say `eyeglasses` or `sunglasses`.
`labels.csv` of a data set, `corrections.csv` of a report, and the filled-in `suspects.csv` of the
training's audit are such tables. The columns `sha256` and `job`, which a report exports, say which
bytes were labelled.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from glasses.config.regular_file import TEXT_BYTES, read_list
from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear, labelled_eyewear

PATH_COLUMNS = ("path", "name", "image", "file", "filename", "file_name")
LABEL_COLUMNS = (
    "has_glasses", "correction", "label", "glasses", "eyeglasses", "wears_glasses", "kind",
)  # fmt: skip
"""Column names that are recognized; the first one that the table has is used."""
KIND_COLUMN = "kind"
"""Column that says which glasses are sunglasses, in addition to the label."""
WITH_GLASSES = frozenset(
    {
        "1", "true", "yes", "glasses", "with", "with_glasses", "wears_glasses", "eyeglasses",
        "sunglasses", "positive",
    }
)  # fmt: skip
WITHOUT_GLASSES = frozenset(
    {
        "0", "-1", "false", "no", "no_glasses", "without", "without_glasses", "none", "negative",
    }
)  # fmt: skip
"""Values, and names of folders, that are recognized, in any case; `-` and space count as `_`."""
DROP = frozenset({"drop", "unsure", "ambiguous"})
"""Values of photos that nobody can label: they are left out."""
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """How labels are written, as far as it is not recognized.

    Attributes:
        path_column: Column with the photo's name.
        label_column: Column with its label.
        positive: Value, or name of a folder, that means glasses; any other means no glasses.
    """

    path_column: str | None = None
    label_column: str | None = None
    positive: str | None = None

    def label(self, word: str) -> bool | None:
        """Return the label that a value or a folder name stands for; None drops the photo.

        Raises:
            ValueError: It is not recognized.
        """
        plain = word.strip().lower()
        if self.positive is not None:
            return plain == self.positive.strip().lower()
        if plain in WITHOUT_GLASSES:  # before - is replaced in -1
            return False
        plain = plain.replace("-", "_").replace(" ", "_")
        if plain in WITH_GLASSES:
            return True
        if plain in WITHOUT_GLASSES:
            return False
        if plain in DROP:
            return None
        raise ValueError(word)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One photo with a label.

    Attributes:
        name: Name of the photo: a path, or its name in `glasses results --format csv`.
        label: Whether the person wears glasses; None to exclude the photo.
        sha256: Hash of the photo; None if the table has none.
        job: The job that classified it; None if the table has none.
        groups: The values of the wanted further columns.
        eyewear: Which glasses the person wears; None if that is unknown, or without any.
    """

    name: str
    label: bool | None
    sha256: str | None = None
    job: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    eyewear: Eyewear | None = None


@dataclass(frozen=True, slots=True)
class LabelTable:
    """The labels in a file.

    Attributes:
        rows: The rows with a label or a value that drops the photo.
        unlabelled: Number of rows without any.
    """

    rows: list[LabelRow]
    unlabelled: int


def read_label_table(
    path: Path,
    format_: LabelFormat | None = None,
    groups: Sequence[str] = (),
    hints: bool = False,
) -> LabelTable:
    """Return the labels in a file.

    Args:
        path: A CSV file in UTF-8, with commas, semicolons or tabs.
        format_: How its labels are written.
        groups: Further columns to read.
        hints: Whether errors name the options of commands that have some for the format.

    Raises:
        UsageError: The file cannot be read, misses a column, has an unknown value, or contradicts
            itself.
    """
    try:
        text = read_list(path, TEXT_BYTES).decode("utf-8-sig")
        with io.StringIO(text, newline="") as file:
            delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
            rows = csv.DictReader(file, delimiter=delimiter)
            format_ = format_ or LabelFormat()
            return _Reader(path, format_, groups, rows.fieldnames or (), hints).read(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


class _Reader:
    """Read the rows of one table, with the columns found in its header."""

    def __init__(
        self,
        path: Path,
        format_: LabelFormat,
        groups: Sequence[str],
        columns: Sequence[str],
        hints: bool,
    ) -> None:
        self._path = path
        self._format = format_
        self._columns = columns
        self._hints = hints
        self._groups = [self._find("--group", [name]) for name in groups]
        self._name = self._find("--path-column", _wanted(format_.path_column, PATH_COLUMNS))
        self._label = self._find("--label-column", _wanted(format_.label_column, LABEL_COLUMNS))
        self._kind = KIND_COLUMN if KIND_COLUMN in columns else self._label
        self._first: dict[tuple[str | None, ...], tuple[int, str, bool | None]] = {}

    def read(self, rows: csv.DictReader[str]) -> LabelTable:
        found, unlabelled = [], 0
        for row in rows:
            line = rows.line_num
            word = (row[self._label] or "").strip()
            if not word:
                unlabelled += 1
                continue
            name = row[self._name]
            if not name:
                raise UsageError(f"{self._path}:{line}: {self._name} is empty")
            label = self._parse(word, line)
            sha256, job = row.get("sha256") or None, row.get("job") or None
            # Identical photos have one label, whatever their names and jobs.
            self._check((sha256,) if sha256 else (name, job), line, name, word, label)
            groups = {column: (row[column] or "").strip() for column in self._groups}
            kind = labelled_eyewear(row[self._kind] or "", True) if label else None
            found.append(LabelRow(name, label, sha256, job, groups, kind))
        return LabelTable(found if self._kind == KIND_COLUMN else with_kinds(found), unlabelled)

    def _parse(self, word: str, line: int) -> bool | None:
        try:
            return self._format.label(word)
        except ValueError:
            raise UsageError(
                f"{self._path}:{line}: {self._label} is {word!r}, not 1, 0, drop, empty or another "
                f"known value{': pass what means glasses with --positive' if self._hints else ''}"
            ) from None

    def _check(
        self, photo: tuple[str | None, ...], line: int, name: str, word: str, label: bool | None
    ) -> None:
        first_line, before, first_label = self._first.setdefault(photo, (line, word, label))
        if label != first_label:
            raise UsageError(
                f"{self._path}:{line}: {self._label} of {name!r} is {word}, but {before} in line "
                f"{first_line}: delete one of them"
            )

    def _find(self, option: str, names: Iterable[str]) -> str:
        wanted = list(names)
        by_lower = {column.strip().lower(): column for column in reversed(self._columns) if column}
        for name in wanted:
            if (column := by_lower.get(name.strip().lower())) is not None:
                return column
        columns = ", ".join(self._columns) or "none"
        what = wanted[0] if len(wanted) == 1 else f"{', '.join(wanted[:-1])} or {wanted[-1]}"
        hint = f": pass {option} COLUMN" if self._hints and len(wanted) > 1 else ""
        raise UsageError(f"{self._path} has no column {what}; it has {columns}{hint}")


def with_kinds(rows: list[LabelRow]) -> list[LabelRow]:
    """Return rows whose label `eyeglasses` is a kind only if there are sunglasses, too.

    Otherwise it may be any glasses, as in CelebA.
    """
    if any(row.eyewear is Eyewear.SUNGLASSES for row in rows):
        return rows
    return [
        replace(row, eyewear=None) if row.eyewear is Eyewear.EYEGLASSES else row for row in rows
    ]


def _wanted(name: str | None, known: Sequence[str]) -> Sequence[str]:
    return known if name is None else [name]

"""A folder of labelled photos, a data set for `glasses-train`: `labels.csv` and the photos.

Photos are named by the hash of their bytes, so correcting one again updates its line. Other columns
and lines of the file are preserved.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from glasses.config.regular_file import TEXT_BYTES, read_regular
from glasses.errors import UsageError
from glasses.sources.formats import SNIFF_BYTES, sniff

LABELS = "labels.csv"
PHOTOS = "photos"
COLUMNS = ("path", "has_glasses", "before", "model", "name")
_SUFFIXES = {"jpeg": "jpg", "jpeg2000": "jp2", "heif": "heic"}


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled photo.

    Attributes:
        path: Its file, relative to the folder.
        has_glasses: The label.
        before: The verdict that was corrected; None: unknown.
    """

    path: str
    has_glasses: bool
    before: bool | None


class LabelFolder:
    """Read and change one folder.

    Raises:
        UsageError: `labels.csv` cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns: list[str] = list(COLUMNS)
        self._rows: dict[str, dict[str, str]] = {}
        try:
            text = read_regular(folder / LABELS, TEXT_BYTES).decode("utf-8")
            reader = csv.DictReader(io.StringIO(text, newline=""))
            self._columns = list(dict.fromkeys([*(reader.fieldnames or ()), *COLUMNS]))
            self._rows = {row["path"]: row for row in reader}
        except FileNotFoundError:
            pass
        except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
            raise UsageError(f"{folder / LABELS} cannot be read: {error}") from None

    def keep(
        self, data: bytes, label: bool, before: bool | None = None, model: str = "", name: str = ""
    ) -> None:
        """Store a photo with its label; `save` writes `labels.csv`."""
        relative = _relative_path(data)
        target = self._folder / relative
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                partial = target.with_name(f".{target.name}.partial")
                partial.write_bytes(data)
                partial.replace(target)
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}") from None
        self._rows[relative] = self._rows.get(relative, {}) | {
            "path": relative,
            "has_glasses": str(int(label)),
            "before": "" if before is None else str(int(before)),
            "model": model,
            "name": name,
        }

    def drop(self, data: bytes) -> None:
        """Remove a photo and its label."""
        relative = _relative_path(data)
        if self._rows.pop(relative, None):
            (self._folder / relative).unlink(missing_ok=True)

    def save(self) -> None:
        """Write `labels.csv` atomically."""
        partial = self._folder / f".{LABELS}.partial"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, self._columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(self._rows.values())
            partial.replace(self._folder / LABELS)
        except OSError as error:
            raise UsageError(f"{self._folder} cannot be written: {error.strerror}") from None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Label]:
        for relative, row in self._rows.items():
            before = row.get("before")
            yield Label(
                relative,
                row["has_glasses"] == "1",
                before == "1" if before else None,
            )


def _relative_path(data: bytes) -> str:
    kind = sniff(data[:SNIFF_BYTES]) or "bin"
    return f"{PHOTOS}/{sha256(data).hexdigest()[:32]}.{_SUFFIXES.get(kind, kind)}"

"""A folder of labelled photos: `labels.csv` and the photos, as `glasses-train` takes it.

A photo is kept under the hash of its bytes, so correcting it again changes its line. Columns and
lines that somebody else wrote stay as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from glasses.errors import UsageError
from glasses.formats import SNIFF_BYTES, sniff

LABELS = "labels.csv"
PHOTOS = "photos"
COLUMNS = ("path", "has_glasses", "before", "model", "name")
_SUFFIXES = {"jpeg": "jpg", "jpeg2000": "jp2", "heif": "heic"}


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled photo.

    Attributes:
        path: Of its file.
        has_glasses: What is right.
        before: What it was judged to be when it was corrected; None: not known.
    """

    path: Path
    has_glasses: bool
    before: bool | None


class LabelFolder:
    """Reads and changes one folder.

    Raises:
        UsageError: `labels.csv` is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns: list[str] = list(COLUMNS)
        self._rows: dict[str, dict[str, str]] = {}
        try:
            with (folder / LABELS).open(encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file)
                self._columns = list(dict.fromkeys([*(reader.fieldnames or ()), *COLUMNS]))
                self._rows = {row["path"]: row for row in reader}
        except FileNotFoundError:
            pass
        except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
            raise UsageError(f"{folder / LABELS} cannot be read: {error}") from None

    def keep(
        self, data: bytes, label: bool, before: bool | None = None, model: str = "", name: str = ""
    ) -> None:
        """Keep a photo with its right label; `save` writes it down."""
        place = _place(data)
        target = self._folder / place
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                partial = target.with_name(f".{target.name}.partial")
                partial.write_bytes(data)
                partial.replace(target)
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}") from None
        self._rows[place] = self._rows.get(place, {}) | {
            "path": place,
            "has_glasses": str(int(label)),
            "before": "" if before is None else str(int(before)),
            "model": model,
            "name": name,
        }

    def drop(self, data: bytes) -> None:
        """Forget a photo that was kept."""
        place = _place(data)
        if self._rows.pop(place, None):
            (self._folder / place).unlink(missing_ok=True)

    def save(self) -> None:
        """Write `labels.csv` in one step."""
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
        for place, row in self._rows.items():
            before = row.get("before")
            yield Label(
                self._folder / place,
                row["has_glasses"] == "1",
                before == "1" if before else None,
            )


def _place(data: bytes) -> str:
    kind = sniff(data[:SNIFF_BYTES]) or "bin"
    return f"{PHOTOS}/{sha256(data).hexdigest()[:32]}.{_SUFFIXES.get(kind, kind)}"

"""What a person says is right: a CSV with `name` and `correction`.

`correction` is 1 (wears glasses), 0 (does not), `drop` (cannot be told, or no face), or empty (not
looked at). A report exports such a file, with the columns `sha256` and `job` besides; the audit's
`suspects.csv`, filled in, is one as well.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from glasses.errors import UsageError

DROP = "drop"
_MEANING: dict[str, bool | None] = {"1": True, "0": False, DROP: None}


@dataclass(frozen=True, slots=True)
class Correction:
    """One line that says something.

    Attributes:
        name: The photo, as `glasses results --format csv` or the data set names it.
        label: Wears glasses; None: leave the photo out.
        sha256: Of the photo; None if the file does not say.
        job: Likewise, the job that judged it.
    """

    name: str
    label: bool | None
    sha256: str | None = None
    job: str | None = None


def read(path: Path) -> list[Correction]:
    """Read a file of corrections; lines without one are left out.

    Raises:
        UsageError: It is missing, lacks a column, holds another word, or contradicts itself.
    """
    found = []
    said: dict[tuple[str | None, ...], tuple[int, str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
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
                    sha256, job = row.get("sha256") or None, row.get("job") or None
                    # A content has one label, whatever it is called and whoever judged it.
                    photo = (sha256,) if sha256 else (row["name"], job)
                    line, before = said.setdefault(photo, (rows.line_num, word))
                    if word != before:
                        raise UsageError(
                            f"{path}:{rows.line_num}: correction of {row['name']!r} is {word}, and "
                            f"{before} in line {line}: leave one of them"
                        )
                    found.append(Correction(row["name"], _MEANING[word], sha256, job))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    return found

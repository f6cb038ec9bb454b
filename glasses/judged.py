"""A photo as it was submitted, together with what was found in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from glasses.schemas import ManifestEntry
from glasses.statuses import Origin
from glasses.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A photo of a job that has a verdict.

    Attributes:
        entry: What the manifest says of it.
        verdict: Its row.
    """

    entry: ManifestEntry
    verdict: Verdict

    def source(self, folder: Path | None = None) -> Path | None:
        """Where its file should lie.

        Args:
            folder: Where the photos are now, if they were moved or submitted from elsewhere; an
                archive's, where it was unpacked.

        Returns:
            Its path; None if it was no file, or the job was submitted by a version that did not
            keep paths.
        """
        if folder is not None:
            image = self.verdict.image.lstrip("/")
            if self.entry.origin is Origin.ARCHIVE:
                image = image.partition("/")[2] or image
            return Path(os.path.normpath(folder / image))
        return None if self.entry.path is None else Path(self.entry.path)

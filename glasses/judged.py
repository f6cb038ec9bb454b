"""A photo as it was submitted, together with what was found in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from glasses.schemas import ManifestEntry
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
            folder: Where the photos are now, if they were moved or submitted from elsewhere.

        Returns:
            Its path; None if the job was submitted by a version that did not keep paths.
        """
        if folder is not None:
            return Path(os.path.normpath(folder / self.verdict.image.lstrip("/")))
        return None if self.entry.path is None else Path(self.entry.path)

"""Photo result: a submitted photo together with its verdict."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import Origin
from glasses.protocol.verdict import DecisionRule, Verdict, make_verdict


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """A submitted photo with its verdict.

    Attributes:
        entry: The photo's manifest entry.
        verdict: The photo's verdict.
    """

    entry: ManifestEntry
    verdict: Verdict

    @classmethod
    def of(cls, entry: ManifestEntry, outcome: Outcome, rule: DecisionRule) -> Self:
        """Return the result that follows from an outcome."""
        path = entry.given_path or entry.path
        verdict = make_verdict(entry.image, entry.sha256, outcome, rule, path, entry.id)
        return cls(entry, verdict)

    def source(self, folder: Path | None = None) -> Path | None:
        """Return the path at which the photo's file should be.

        Args:
            folder: The folder with the photos, if they were moved or submitted from elsewhere. For
                photos from an archive: the folder into which it was unpacked.

        Returns:
            None without a folder if the photo was not submitted as a file, or if the job was
            submitted by a version that did not store paths.
        """
        if folder is not None:
            image = self.verdict.image.lstrip("/")
            if self.entry.origin is Origin.ARCHIVE:
                image = image.partition("/")[2] or image
            return Path(os.path.normpath(folder / image))
        return None if self.entry.path is None else Path(self.entry.path)

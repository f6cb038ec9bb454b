"""Damaged and hostile archives: the errors that end reading, and the limits that apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from glasses.config.settings import ENV_PREFIX, Settings
from glasses.protocol.statuses import FailureReason

INFLATED = 1 << 30
"""Bytes that any archive may inflate to, however small it is, as scans of blank pages do."""


class DamagedError(Exception):
    """The archive cannot be read further; photos read before remain valid."""

    reason: ClassVar[FailureReason] = FailureReason.CORRUPT


class LimitError(DamagedError):
    """The archive exceeds a limit; the message names the setting."""

    reason: ClassVar[FailureReason] = FailureReason.ARCHIVE_TOO_LARGE


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what is read of an archive.

    Attributes:
        max_bytes: Largest size of a member; larger ones fail unread.
        entries: Largest number of members, including folders.
        ratio: Largest ratio of the inflated bytes of all members to the size of the archive.
    """

    max_bytes: int
    entries: int
    ratio: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits in the settings."""
        return cls(
            settings.max_file_mb << 20, settings.max_archive_entries, settings.max_archive_ratio
        )

    def check_entries(self, count: int) -> None:
        """Check the number of members.

        Raises:
            LimitError: The archive has too many.
        """
        if count > self.entries:
            raise LimitError(
                f"it has more than {self.entries:,} entries; raise the limit with "
                f"{ENV_PREFIX}MAX_ARCHIVE_ENTRIES"
            )

    def check_inflated(self, inflated: int, size: int) -> None:
        """Check the number of inflated bytes.

        Args:
            inflated: Inflated bytes so far, or in total.
            size: Size of the archive in bytes.

        Raises:
            LimitError: The archive inflates to too many bytes.
        """
        if inflated > max(INFLATED, self.ratio * size):
            raise LimitError(
                f"it inflates to more than {self.ratio} times its size; raise the limit with "
                f"{ENV_PREFIX}MAX_ARCHIVE_RATIO"
            )

"""The interface of every source: a photo can be hashed, read again, and sent."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod

from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.sources.file_version import FileVersion
from glasses.storage.object_store import ObjectStore


class Photo(ABC):
    """One photo of a source.

    It is read twice, since its hash must be in the manifest before it is sent: first `examine`,
    later `prepare` and then either `read` or `send`, if its bytes are needed.

    Attributes:
        image: Its name in results.
        version: The version of the archive with it, when that was opened.
    """

    image: str
    version: FileVersion | None = None

    @abstractmethod
    def examine(self, max_bytes: int) -> ManifestEntry:
        """Return the manifest entry: size and hash, or the reason why it fails. Thread-safe.

        Args:
            max_bytes: Larger photos fail unread.

        Raises:
            InfrastructureError: The server that holds the photo is unreachable.
        """

    def hash_and_keep(self, max_bytes: int, max_kept_bytes: int) -> ManifestEntry:  # noqa: ARG002
        """Return the same as `examine`; keep small photos in memory for `read_if_unchanged`.

        Args:
            max_bytes: As for `examine`.
            max_kept_bytes: Larger photos must not be kept.
        """
        return self.examine(max_bytes)

    @abstractmethod
    def has_photo_content(self) -> bool:
        """Return whether the first bytes are a photo's; True if they cannot be read. Thread-safe.

        Raises:
            InfrastructureError: The server that holds the photo is unreachable.
        """

    @property
    def address(self) -> str:
        """Return where a user finds the file: its path as given, or its `s3://` address."""
        return self.image

    def prepare(self) -> None:  # noqa: B027
        """Prepare `read` or `send`. Called in photo order in one thread; must not block."""

    @abstractmethod
    def read(self) -> bytes:
        """Return the bytes of the photo. Thread-safe.

        Raises:
            OSError: The photo can no longer be read.
        """

    @property
    def may_be_packed(self) -> bool:
        """Return whether its bytes pass through this process when it is sent."""
        return True

    def read_if_unchanged(self, sha256: str) -> bytes | None:
        """Return the bytes of the photo, or None if they have changed since hashing. Thread-safe.

        Raises:
            InfrastructureError: The server that holds the photo is unreachable.
        """
        try:
            data = self.read()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    def send(self, store: ObjectStore, sha256: str, key: str) -> bool:
        """Store the photo; return False if it has changed since hashing. Thread-safe.

        Args:
            store: The object store.
            sha256: The hash that `examine` returned.
            key: Where to store the photo.

        Raises:
            InfrastructureError: The object store is unreachable.
        """
        data = self.read_if_unchanged(sha256)
        if data is None:
            return False
        store.put(key, data)
        return True


class ExaminedPhoto(Photo):
    """A photo whose manifest entry is known from the start.

    Args:
        entry: The manifest entry.
    """

    def __init__(self, entry: ManifestEntry) -> None:
        self.image = entry.image
        self._entry = entry

    def examine(self, max_bytes: int) -> ManifestEntry:  # noqa: ARG002
        """Return the given entry."""
        return self._entry

    @property
    def address(self) -> str:
        """Return the path in the entry."""
        return self._entry.given_path or self._entry.path or self.image

    def has_photo_content(self) -> bool:
        """Return whether the entry says that the first bytes were a photo's, or unreadable."""
        return self._entry.reason not in {FailureReason.EMPTY, FailureReason.NOT_AN_IMAGE}

    def read(self) -> bytes:
        """Raise OSError: the photo has failed."""
        raise OSError(f"{self.image} failed before it was read")

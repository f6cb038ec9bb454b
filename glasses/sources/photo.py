"""A photo wherever it lies: it can be hashed, read again, and sent to the object store."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod

from glasses.object_store import ObjectStore, image_key
from glasses.schemas import ManifestEntry


class Photo(ABC):
    """One photo of a source.

    It is looked at twice, since its content's hash must be written down before it is sent:
    `examine` first, later `prepare` and then either `read` or `send`, if its content is needed.

    Attributes:
        image: Its name in results.
    """

    image: str

    @abstractmethod
    def examine(self, max_bytes: int) -> ManifestEntry:
        """Its line of the manifest: size and hash, or why it fails unsent. In any thread.

        Args:
            max_bytes: Larger photos are refused unread.

        Raises:
            InfrastructureError: It lies on a server that is out of reach.
        """

    def examine_and_keep(self, max_bytes: int, most: int) -> ManifestEntry:  # noqa: ARG002
        """`examine`; a source that would be read twice may hold on to its bytes until `same`.

        Args:
            max_bytes: As for `examine`.
            most: So many bytes may be held on to.
        """
        return self.examine(max_bytes)

    def prepare(self) -> None:  # noqa: B027
        """Called before `read` or `send`, in the order of photos, in one thread. Must not wait."""

    @abstractmethod
    def read(self) -> bytes:
        """Its bytes, in any thread.

        Raises:
            OSError: They cannot be read any more.
        """

    @property
    def may_be_packed(self) -> bool:
        """Whether its bytes pass through this process when it is sent."""
        return True

    def same(self, sha256: str) -> bytes | None:
        """Its bytes, in any thread; None if it is no longer what was hashed.

        Raises:
            InfrastructureError: It lies on a server that is out of reach.
        """
        try:
            data = self.read()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    def send(self, store: ObjectStore, sha256: str) -> bool:
        """Put it where workers find it, in any thread; False if it is no longer what was hashed.

        Raises:
            InfrastructureError: The object store is out of reach.
        """
        data = self.same(sha256)
        if data is None:
            return False
        store.put(image_key(sha256), data)
        return True


class Settled(Photo):
    """A photo whose line of the manifest is known from the start.

    Args:
        entry: The line.
    """

    def __init__(self, entry: ManifestEntry) -> None:
        self.image = entry.image
        self._entry = entry

    def examine(self, max_bytes: int) -> ManifestEntry:  # noqa: ARG002
        """As given."""
        return self._entry

    def read(self) -> bytes:
        """Nothing is there to be read."""
        raise OSError(f"{self.image} failed before it was read")

"""Requests to a child process, its answers and its progress messages. All are sent pickled."""

from __future__ import annotations

from dataclasses import dataclass

from glasses.protocol.schemas import ManifestEntry
from glasses.sources.hashing import InMemoryPhoto
from glasses.sources.walk import SourceFile


@dataclass(frozen=True, slots=True)
class ReadPhoto:
    """A photo that was already hashed and read, such as a member of an archive.

    Attributes:
        entry: Its manifest entry.
        data: Its bytes; None if it could not be read.
    """

    entry: ManifestEntry
    data: bytes | None

    @property
    def image(self) -> str:
        """The photo's name in results."""
        return self.entry.image


Photo = SourceFile | InMemoryPhoto | ReadPhoto


@dataclass(frozen=True, slots=True)
class Load:
    """Request to load a model. The answer is its `Model`."""

    model: str


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    Attributes:
        name: Name and fingerprint.
        threshold: The model's default threshold.
    """

    name: str
    threshold: float


@dataclass(frozen=True, slots=True)
class Classify:
    """Request to classify photos. The answer is a list of (manifest entry, outcome)."""

    model: str
    max_bytes: int
    photos: list[Photo]


@dataclass(frozen=True, slots=True)
class MakeThumbnail:
    """Request to make a thumbnail. The answer is a `Thumbnail`, or None if that fails.

    Attributes:
        data: The photo's bytes.
        with_preview: Make a larger picture, too.
    """

    data: bytes
    with_preview: bool = False


Request = Load | Classify | MakeThumbnail


@dataclass(frozen=True, slots=True)
class Began:
    """Progress message: the child begins a photo. If it dies next, this photo is the cause.

    Attributes:
        number: Index of the photo in the request.
        entry: Its manifest entry, once the file has been read.
    """

    number: int
    entry: ManifestEntry | None = None


def absolute(photo: Photo) -> Photo:
    """Return the photo with an absolute path, valid in any working directory."""
    return photo.absolute() if isinstance(photo, SourceFile) else photo

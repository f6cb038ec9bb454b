"""Hashing: the size and sha256 of a file, or the reason why it fails unread."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import BinaryIO

from glasses.config.regular_file import open_regular, read_within
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.sources.formats import SNIFF_BYTES, sniff
from glasses.sources.walk import SourceFile

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class InMemoryPhoto:
    """A photo in memory.

    Attributes:
        image: Its name in results.
        data: Its bytes.
    """

    image: str
    data: bytes


def hash_file(source: SourceFile, max_bytes: int) -> ManifestEntry:
    """Hash a file, unless its first bytes or its size show that it fails.

    A video or an archive among the photos is not read to its end and has no sha256.

    Args:
        source: The file.
        max_bytes: Larger files fail unread.
    """
    try:
        with open_regular(source.path) as file:
            size = os.fstat(file.fileno()).st_size
            return hash_stream(source.image, file, size, max_bytes)
    except (OSError, ValueError):
        return ManifestEntry(image=source.image, reason=FailureReason.UNREADABLE)


def hash_and_read(source: SourceFile, max_bytes: int) -> tuple[ManifestEntry, bytes]:
    """Hash a file as `hash_file` does, but read it once, so hash and bytes always match.

    Returns:
        The manifest entry, and the bytes of the file; b"" if the entry has no sha256.
    """
    try:
        with open_regular(source.path) as file:
            size = os.fstat(file.fileno()).st_size
            reason = _refusal(file.peek(SNIFF_BYTES)[:SNIFF_BYTES], size, max_bytes)
            if reason:
                return ManifestEntry(image=source.image, size=size, reason=reason), b""
            data = read_within(file, max_bytes)
    except (OSError, ValueError):
        return ManifestEntry(image=source.image, reason=FailureReason.UNREADABLE), b""
    entry = hash_bytes(InMemoryPhoto(source.image, data), max_bytes)
    return entry, data if entry.sha256 else b""


def hash_stream(image: str, file: BinaryIO, size: int, max_bytes: int) -> ManifestEntry:
    """Hash an open stream as `hash_file` hashes a file; errors of reading propagate.

    Args:
        image: Name of the photo in results.
        file: The stream at its beginning; `read` must return as much as is requested.
        size: Declared size in bytes; the entry has the measured one.
        max_bytes: As for `hash_file`; no more is read.
    """
    head = file.read(SNIFF_BYTES)
    reason = _refusal(head, size, max_bytes)
    if reason:
        return ManifestEntry(image=image, size=size, reason=reason)
    digest = hashlib.sha256(head)
    size = len(head)
    while block := file.read(_BLOCK):
        digest.update(block)
        size += len(block)
        if size > max_bytes:
            reason = FailureReason.FILE_TOO_LARGE
            return ManifestEntry(image=image, size=size, reason=reason)
    return ManifestEntry(image=image, sha256=digest.hexdigest(), size=size)


def hash_bytes(photo: InMemoryPhoto, max_bytes: int) -> ManifestEntry:
    """Hash a photo in memory as `hash_file` hashes a file."""
    size = len(photo.data)
    reason = _refusal(photo.data[:SNIFF_BYTES], size, max_bytes)
    sha256 = None if reason else hashlib.sha256(photo.data).hexdigest()
    return ManifestEntry(image=photo.image, sha256=sha256, size=size, reason=reason)


def _refusal(head: bytes, size: int, max_bytes: int) -> FailureReason | None:
    if not head:
        return FailureReason.EMPTY
    if not sniff(head):
        return FailureReason.NOT_AN_IMAGE
    return FailureReason.FILE_TOO_LARGE if size > max_bytes else None

"""A file -> its size and content hash, or why it need not be looked at further."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import BinaryIO

from glasses.formats import SNIFF_BYTES, sniff
from glasses.regular import open_regular
from glasses.schemas import ManifestEntry
from glasses.statuses import FailureReason
from glasses.walk import Source

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class InMemory:
    """A photo that is no file.

    Attributes:
        image: What its row calls it.
        data: Its bytes.
    """

    image: str
    data: bytes


def examine(source: Source, max_bytes: int) -> ManifestEntry:
    """Hash a file, unless its first bytes or its size settle its verdict.

    A film or an archive among the photos is not read to its end, so it has no sha256.

    Args:
        source: The file.
        max_bytes: Larger files are refused unread.
    """
    try:
        with open_regular(source.path) as file:
            size = os.fstat(file.fileno()).st_size
            return read_through(source.image, file, size, max_bytes)
    except (OSError, ValueError):
        return ManifestEntry(image=source.image, reason=FailureReason.UNREADABLE)


def read_through(image: str, file: BinaryIO, size: int, max_bytes: int) -> ManifestEntry:
    """Hash what can be read, as `examine` does; raises what reading raises.

    Args:
        image: Its name.
        file: At its beginning; `read` gives as much as it is asked for.
        size: In bytes, as declared: what is really there is measured.
        max_bytes: As for `examine`; no more than that is read.
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


def examine_bytes(photo: InMemory, max_bytes: int) -> ManifestEntry:
    """The same of bytes that are there already."""
    size = len(photo.data)
    reason = _refusal(photo.data[:SNIFF_BYTES], size, max_bytes)
    sha256 = None if reason else hashlib.sha256(photo.data).hexdigest()
    return ManifestEntry(image=photo.image, sha256=sha256, size=size, reason=reason)


def _refusal(head: bytes, size: int, max_bytes: int) -> FailureReason | None:
    if not head:
        return FailureReason.EMPTY
    if size > max_bytes:
        return FailureReason.FILE_TOO_LARGE
    return None if sniff(head) else FailureReason.NOT_AN_IMAGE

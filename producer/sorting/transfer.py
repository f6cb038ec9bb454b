"""Copy, move or link one file to a new path, without overwriting anything."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from io import BufferedReader
from pathlib import Path

from glasses.config.regular_file import open_regular

_BLOCK = 1 << 20
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""Errors of hard links across filesystems, or where they are unsupported (FAT, some shares)."""
PARTIAL = ".partial-"


class TransferMode(StrEnum):
    """How a photo is put into its folder."""

    COPY = "copy"
    MOVE = "move"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"


class ChangedError(Exception):
    """The file has changed since it was classified."""


def transfer(how: TransferMode, source: Path, to: Path, sha256: str | None) -> None:
    """Copy, move or link a file.

    Args:
        how: The mode.
        source: The file.
        to: The new path; its folder is created.
        sha256: Expected hash of the copied bytes; None: unknown.

    Raises:
        FileExistsError: `to` exists; it is not touched.
        ChangedError: The copied bytes have another hash.
        OSError: The source cannot be read or the target not written.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    _FUNCTIONS[how](source, to, sha256)


def check(how: TransferMode, source: Path, to: Path) -> None:
    """Check that a source can be transferred, without touching anything.

    Raises:
        OSError: It cannot be read, or the disk has no space for it.
    """
    if how is TransferMode.COPY:
        with open_regular(source) as file:
            _check_space(file, to.parent)
    elif how is TransferMode.MOVE:
        _refuse_link(source)
    elif how is TransferMode.HARDLINK:
        source.stat()


def _check_space(file: BufferedReader, folder: Path) -> None:
    """Check that a copy fits on the disk, before it fills it: a sparse file may be huge."""
    while not folder.exists():
        folder = folder.parent
    if os.fstat(file.fileno()).st_size > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        for block in _blocks(file):
            digest.update(block)
    return digest.hexdigest()


def _blocks(file: BufferedReader) -> Iterator[bytes]:
    """Yield a file's content, up to the size it had when it was opened.

    Raises:
        ChangedError: The file grows, perhaps without end.
    """
    left = os.fstat(file.fileno()).st_size
    while block := file.read(min(left + 1, _BLOCK)):
        left -= len(block)
        if left < 0:
            raise ChangedError
        yield block


def _copy(source: Path, to: Path, sha256: str | None) -> None:
    # A name derived from the target, so the next run replaces what a killed one left.
    partial = to.with_name(PARTIAL + hashlib.sha256(os.fsencode(to.name)).hexdigest()[:16])
    try:
        digest = hashlib.sha256()
        with open_regular(source) as file, partial.open("wb") as copy:
            _check_space(file, to.parent)
            for block in _blocks(file):
                digest.update(block)
                copy.write(block)
        if sha256 is not None and digest.hexdigest() != sha256:
            raise ChangedError
        with suppress(OSError):  # Timestamps are best effort: some filesystems have none.
            shutil.copystat(source, partial)
        _publish(partial, to)
    finally:
        partial.unlink(missing_ok=True)


def _refuse_link(source: Path) -> None:
    if source.is_symlink():
        raise OSError(errno.EINVAL, "a symbolic link, which moving would break; use --copy")


def _move(source: Path, to: Path, sha256: str | None) -> None:
    _refuse_link(source)
    try:
        os.link(source, to)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _copy(source, to, sha256)
    source.unlink()


def remove_empty_folders(folder: Path, top: Path) -> None:
    """Remove a folder and those above it, up to `top`, that are empty."""
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return  # Not empty.
        folder = folder.parent


def move_within(path: Path, to: Path) -> None:
    """Move a file or a link within a folder, without overwriting anything.

    Raises:
        FileExistsError: `to` exists; it is not touched.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        to.symlink_to(os.readlink(path))
        path.unlink()
    else:
        _move(path, to, None)


def same_file(one: Path, other: Path) -> bool:
    """Return whether two paths have the same content: one file, or equal hashes."""
    if os.path.samefile(one, other):
        return True
    return one.is_file() and other.is_file() and hash_of(one) == hash_of(other)


def _hardlink(source: Path, to: Path, _sha256: str | None) -> None:
    try:
        os.link(source.resolve(), to)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        raise OSError(
            error.errno, "hard links are not possible here; use --copy or --symlink"
        ) from error


def _symlink(source: Path, to: Path, _sha256: str | None) -> None:
    to.symlink_to(source.absolute())


def _publish(partial: Path, to: Path) -> None:
    """Rename a finished file, unless the target exists."""
    try:
        os.link(partial, to)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(to):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(to)) from None
        partial.rename(to)


_FUNCTIONS: dict[TransferMode, Callable[[Path, Path, str | None], None]] = {
    TransferMode.COPY: _copy,
    TransferMode.MOVE: _move,
    TransferMode.HARDLINK: _hardlink,
    TransferMode.SYMLINK: _symlink,
}

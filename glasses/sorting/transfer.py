"""One file to its new place, in one of four ways. Nothing that is there is ever overwritten."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from glasses.regular import open_regular

_BLOCK = 1 << 20
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""Two filesystems, or one without hard links (FAT, some network shares)."""
PARTIAL = ".partial-"


class How(StrEnum):
    """What happens to a photo."""

    COPY = "copy"
    MOVE = "move"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"


class ChangedError(Exception):
    """The file is no longer the one that was judged."""


def transfer(how: How, source: Path, to: Path, sha256: str | None) -> None:
    """Bring a file to its place.

    Args:
        how: In which way.
        source: The file.
        to: Where to; its folder is made.
        sha256: What a copy's bytes must have; None: unknown.

    Raises:
        FileExistsError: Something is at `to`; it is left as it is.
        ChangedError: The copied bytes are others.
        OSError: The source or the folder does not allow it.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    _WAYS[how](source, to, sha256)


def check(how: How, source: Path) -> None:
    """Raise what `transfer` would for the source alone, and touch nothing.

    Raises:
        OSError: The source does not allow it.
    """
    if how is How.COPY:
        open_regular(source).close()
    elif how is How.MOVE:
        _refuse_link(source)
    elif how is How.HARDLINK:
        source.stat()


def hash_of(path: Path) -> str:
    """sha256 of a file's bytes."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, to: Path, sha256: str | None) -> None:
    # Named after its end, so that the next run replaces what a killed one left.
    partial = to.with_name(PARTIAL + hashlib.sha256(os.fsencode(to.name)).hexdigest()[:16])
    try:
        digest = hashlib.sha256()
        with open_regular(source) as file, partial.open("wb") as copy:
            while block := file.read(_BLOCK):
                digest.update(block)
                copy.write(block)
        if sha256 is not None and digest.hexdigest() != sha256:
            raise ChangedError
        with suppress(OSError):  # The times are a courtesy; some filesystems keep none.
            shutil.copystat(source, partial)
        _place(partial, to)
    finally:
        partial.unlink(missing_ok=True)


def _refuse_link(source: Path) -> None:
    if source.is_symlink():
        raise OSError(errno.EINVAL, "it is a link, and moving it would break it; try --copy")


def _move(source: Path, to: Path, sha256: str | None) -> None:
    _refuse_link(source)
    try:
        os.link(source, to)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _copy(source, to, sha256)
    source.unlink()


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths hold the same bytes: by link, else by hash."""
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
            error.errno, "no hard link is possible from there; try --copy or --symlink"
        ) from error


def _symlink(source: Path, to: Path, _sha256: str | None) -> None:
    to.symlink_to(source.absolute())


def _place(partial: Path, to: Path) -> None:
    """Give a finished file its name, unless the name is taken."""
    try:
        os.link(partial, to)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(to):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(to)) from None
        partial.rename(to)


_WAYS: dict[How, Callable[[Path, Path, str | None], None]] = {
    How.COPY: _copy,
    How.MOVE: _move,
    How.HARDLINK: _hardlink,
    How.SYMLINK: _symlink,
}

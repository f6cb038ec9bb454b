"""Regular files: files named by users, opened without blocking and read up to a size limit.

A path may change at any moment to a pipe that nobody writes to, an endless device, or a larger
file. All checks are therefore made on the open descriptor.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

TEXT_BYTES = 256 << 20
"""Size limit of lists, bytes: enough for corrections or labels of a million photos."""
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_BLOCK = 1 << 20


class NotRegularError(OSError):
    """The path is a pipe, a device or a socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "is not a regular file", str(path))


class TooLargeError(OSError):
    """The file is larger than its reader accepts."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(errno.EFBIG, f"is larger than {most} bytes", str(path))


class _Regular(io.FileIO):
    """Raises instead of blocking on a file that only seems regular, such as /proc/kmsg."""

    def readinto(self, buffer: Any, /) -> int:
        count = super().readinto(buffer)
        if count is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return count


def check_regular(path: Path) -> None:
    """Check that a path is a regular file or a folder; opening a folder fails with its own error.

    Raises:
        NotRegularError: It is neither a file nor a folder.
        OSError: It does not exist or is inaccessible.
    """
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise NotRegularError(path)


def open_regular(path: Path, follow: bool = True) -> BufferedReader:
    """Open a regular file for reading, without waiting for the other end of a pipe.

    Args:
        path: The file.
        follow: Whether the path itself may be a link.

    Raises:
        NotRegularError: It is a pipe, a device or a socket.
        IsADirectoryError: It is a folder.
        OSError: It cannot be opened.
    """
    check_regular(path)  # Opening a device may already have side effects.
    flags = _FLAGS if follow else _FLAGS | os.O_NOFOLLOW
    return BufferedReader(_Regular(_checked(path, os.open(path, flags))))


def append_regular(path: Path) -> IO[str]:
    """Open an ASCII file for appending, and create it if it does not exist; links are not followed.

    Raises:
        OSError: See `open_regular`.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return open(_checked(path, os.open(path, flags, 0o666)), "a", encoding="ascii")


def _checked(path: Path, descriptor: int) -> int:
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise NotRegularError(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: Path, most: int) -> bytes:
    """Read a regular file to its end.

    Args:
        path: The file.
        most: Size limit in bytes; a larger file is not read.

    Raises:
        TooLargeError: It is larger.
        OSError: See `open_regular`.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = b"" if size > most else read_within(file, most)
    if max(size, len(data)) > most:
        raise TooLargeError(path, most)
    return data


def read_list(path: Path, most: int) -> bytes:
    """Read a list named on the command line, which may be a pipe, such as `<(…)`.

    Raises:
        OSError: See `read_regular`.
    """
    if not stat.S_ISFIFO(os.stat(path).st_mode):
        return read_regular(path, most)
    with path.open("rb") as pipe:
        data = read_within(pipe, most)
    if len(data) > most:
        raise TooLargeError(path, most)
    return data


def read_within(file: BufferedReader, most: int) -> bytes:
    """Read an open file to its end, but at most one byte more than the limit.

    More than `most` bytes in the result mean that the file is too large, even if it grew meanwhile.
    """
    expected = min(os.fstat(file.fileno()).st_size, most) + 1
    data = file.read(expected)
    if len(data) < expected or len(data) > most:
        return data
    parts = [data]  # It has grown, or its size is unknown, as in /proc.
    left = most + 1 - len(data)
    while left and (block := file.read(min(left, _BLOCK))):
        parts.append(block)
        left -= len(block)
    return b"".join(parts)

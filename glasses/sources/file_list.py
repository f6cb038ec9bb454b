"""File lists: names separated by line ends or NUL bytes, in any encoding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from glasses.errors import UsageError

_BLOCK = 1 << 16
_MAX_NAME_BYTES = 1 << 16
"""Systems allow names of a few thousand bytes."""


def read_names(file: BinaryIO, null: bool = False) -> Iterator[str]:
    """Yield the names in a list; empty ones are skipped.

    Args:
        file: The list.
        null: Whether NUL bytes separate the names, so that they may contain line ends.

    Raises:
        UsageError: The list has another format or cannot be read.
    """
    separator = b"\0" if null else b"\n"
    rest, has_separator = b"", False
    # Reads from a pipe return early, so names are yielded while the list is still being written.
    while block := _read_block(file):
        *complete, rest = (rest + block).split(separator)
        if not null and b"\0" in block:
            raise UsageError("the list contains NUL bytes: read it with --null")
        if len(rest) > _MAX_NAME_BYTES:
            raise UsageError(
                f"the list has a name of more than {_MAX_NAME_BYTES} bytes: is it a list?"
            )
        has_separator = has_separator or bool(complete)
        for name in complete:
            yield from _decode(name, null)
    if null and not has_separator and b"\n" in rest:
        raise UsageError("the list contains lines and no NUL: read it without --null")
    yield from _decode(rest, null)


def _read_block(file: BinaryIO) -> bytes:
    try:
        return os.read(file.fileno(), _BLOCK)
    except OSError as error:
        name = "on stdin" if file.fileno() == 0 else file.name
        raise UsageError(f"the list {name} cannot be read: {error.strerror}") from None


def _decode(name: bytes, null: bool) -> Iterator[str]:
    """Yield the name as text, unless it is empty."""
    if name := name if null else name.rstrip(b"\r"):
        yield os.fsdecode(name)

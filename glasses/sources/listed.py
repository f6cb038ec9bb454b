"""Names of files in a list, one a line or with a NUL after each, of whatever bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from glasses.errors import UsageError

_BLOCK = 1 << 16
_LONGEST = 1 << 16
"""Bytes; systems allow names of a few thousand."""


def names(file: BinaryIO, null: bool = False) -> Iterator[str]:
    """The names in a list; empty ones are passed over.

    Args:
        file: The list.
        null: A NUL ends each name, so that names may hold anything; else a line's end does.

    Raises:
        UsageError: The list is not of that kind.
    """
    end = b"\0" if null else b"\n"
    rest, ended = b"", False
    # A pipe gives what it has: names arrive while the list is still being written.
    while block := os.read(file.fileno(), _BLOCK):
        *whole, rest = (rest + block).split(end)
        if not null and b"\0" in block:
            raise UsageError("the list holds NUL bytes: read it with --null")
        if len(rest) > _LONGEST:
            raise UsageError(f"the list has a name of more than {_LONGEST} bytes: is it a list?")
        ended = ended or bool(whole)
        for name in whole:
            yield from _name(name, null)
    if null and not ended and b"\n" in rest:
        raise UsageError("the list holds lines and no NUL: read it without --null")
    yield from _name(rest, null)


def _name(name: bytes, null: bool) -> Iterator[str]:
    if name := name if null else name.rstrip(b"\r"):
        yield os.fsdecode(name)

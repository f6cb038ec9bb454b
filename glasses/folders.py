"""Folders in which a worker may read photos that are left where they lie.

A manifest that names files is not trusted: a worker reads in the folders that whoever starts it has
named, and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from pydantic_core import PydanticCustomError

READ_FOLDERS = (
    f"absolute folders, {os.pathsep!r} between them, in which a worker may read photos that were "
    "submitted with --in-place; the local stack's may everywhere"
)


def check_folders(text: str) -> str:
    """Check the setting `read_folders`.

    Raises:
        PydanticCustomError: A folder is not absolute.
    """
    if not all(map(os.path.isabs, text.split(os.pathsep))):
        raise PydanticCustomError("folders", f"should be absolute folders, {os.pathsep} between")
    return text


def folders(text: str | None) -> tuple[str, ...]:
    """The folders of the setting `read_folders`."""
    return tuple(os.path.normpath(each) for each in text.split(os.pathsep)) if text else ()


def is_within(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder or lies in it; links are not looked at."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def may_read(path: str, allowed: Iterable[str]) -> bool:
    """Whether a file of this machine lies in one of some folders.

    Args:
        path: Without links in it.
        allowed: Folders; they may be links.
    """
    return any(is_within(path, os.path.realpath(folder)) for folder in allowed)

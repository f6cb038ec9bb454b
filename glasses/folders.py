"""Folders in which a worker may read photos that are left where they lie.

A manifest that names files is not trusted: a worker reads in the folders that whoever starts it has
named, and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

READ_FOLDERS = (
    f"absolute folders, '{os.pathsep}' between them, in which a worker may read photos that were "
    "submitted in place; without it the local stack's workers may everywhere, others nowhere"
)


def _one_text(value: object) -> object:
    """Take a list of folders, which a file may have, as the text that stands for it."""
    return os.pathsep.join(map(str, value)) if isinstance(value, list) else value


def _check(text: str) -> str:
    """Check the setting `read_folders`; `~` is the user's home.

    Raises:
        PydanticCustomError: A folder is not absolute.
    """
    found = [os.path.expanduser(each.strip()) for each in text.split(os.pathsep)]
    if not all(map(os.path.isabs, found)):
        raise PydanticCustomError(
            "folders", f"should be absolute folders, '{os.pathsep}' between them"
        )
    return os.pathsep.join(map(os.path.normpath, found))


Folders = Annotated[str, BeforeValidator(_one_text), AfterValidator(_check)]
"""The type of the setting."""


def folders(text: str | None) -> tuple[str, ...]:
    """The folders of the setting `read_folders`."""
    return tuple(text.split(os.pathsep)) if text else ()


def both_ways(text: str | None) -> tuple[str, ...]:
    """The same, those that are links also as what they lead to."""
    found = folders(text)
    return tuple(dict.fromkeys([*found, *map(os.path.realpath, found)]))


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

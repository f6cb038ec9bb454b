"""Read folders: where a worker may read photos that were submitted in place.

Manifests are not trusted: a worker reads files only in folders that its own settings allow.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

READ_FOLDERS = (
    f"absolute folders, separated by '{os.pathsep}', in which a worker may read photos that were "
    "submitted in place; if not set, workers of the local stack may read everywhere, others nowhere"
)


def _join(value: object) -> object:
    """Convert a list of folders, as a TOML file may contain, to the text of the setting."""
    return os.pathsep.join(map(str, value)) if isinstance(value, list) else value


def _normalize(text: str) -> str:
    """Validate and normalize the setting `read_folders`; `~` is expanded.

    Raises:
        PydanticCustomError: A folder is not absolute.
    """
    folders = [os.path.expanduser(each.strip()) for each in text.split(os.pathsep)]
    if not all(map(os.path.isabs, folders)):
        raise PydanticCustomError(
            "folders", f"should be absolute folders, separated by '{os.pathsep}'"
        )
    return os.pathsep.join(map(os.path.normpath, folders))


Folders = Annotated[str, BeforeValidator(_join), AfterValidator(_normalize)]
"""The type of the setting `read_folders`."""


def split_folders(text: str | None) -> tuple[str, ...]:
    """Return the folders in the setting `read_folders`."""
    return tuple(text.split(os.pathsep)) if text else ()


def as_configured_and_resolved(text: str | None) -> tuple[str, ...]:
    """Return the folders in the setting, and additionally the targets of those that are links."""
    folders = split_folders(text)
    return tuple(dict.fromkeys([*folders, *map(os.path.realpath, folders)]))


def is_within(path: str, folder: str) -> bool:
    """Return whether an absolute path is a folder or inside it; links are not resolved."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def may_read(path: str, allowed: Iterable[str]) -> bool:
    """Return whether a file is in one of the allowed folders.

    Args:
        path: An absolute path without links.
        allowed: Folders, which may be links.
    """
    return any(is_within(path, os.path.realpath(folder)) for folder in allowed)

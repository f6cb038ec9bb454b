"""Check folders that are passed as options."""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError


def check_folder(option: str, folder: Path | None) -> None:
    """Check that a folder exists, before any work is done.

    Args:
        option: The option that it was passed to.
        folder: None if the option was not used.

    Raises:
        UsageError: It is missing or not a directory.
    """
    if folder is not None and not folder.is_dir():
        problem = "is not a directory" if folder.exists() else "does not exist"
        raise UsageError(f"{option}: {folder} {problem}")

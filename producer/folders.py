"""Folders that options name."""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError


def check_folder(option: str, folder: Path | None) -> None:
    """Refuse a folder that is none, before anything is done.

    Args:
        option: That names it.
        folder: None if it was not given.

    Raises:
        UsageError: Names both.
    """
    if folder is not None and not folder.is_dir():
        wrong = "is no folder" if folder.exists() else "does not exist"
        raise UsageError(f"{option}: {folder} {wrong}")

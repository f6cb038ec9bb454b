"""Fixtures that several tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Return a folder with one file that looks like a photo."""
    folder = tmp_path / "collection"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xffa")
    return folder

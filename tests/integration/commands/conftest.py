"""What several tests of commands for people share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    """A folder with one file that passes for a photo."""
    folder = tmp_path / "pile"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xffa")
    return folder

"""Photos that were classified, and where they are sorted into."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses.protocol.photo_result import PhotoResult
from glasses.sources.walk import walk
from tests.support.sorting import JPEG, classified

PROBABILITIES = {"with": 0.95, "without": 0.01, "unsure": 0.6, "cat": None}


@pytest.fixture
def photos(tmp_path: Path) -> list[PhotoResult]:
    """Return four classified photos and a failed one; two share a name."""
    collection = tmp_path / "collection"
    (collection / "album").mkdir(parents=True)
    for name in ("with.jpg", "album/with.jpg", "without.jpg", "unsure.jpg", "cat.jpg"):
        (collection / name).write_bytes(JPEG + name.encode())
    (collection / "notes.txt").write_bytes(b"no photo")
    return [classified(s, PROBABILITIES.get(s.path.stem)) for s in walk([str(collection)])]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "sorted"

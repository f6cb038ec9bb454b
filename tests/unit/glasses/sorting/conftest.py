"""Photos that were judged, and where they are sorted into."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses.judged import Judged
from glasses.walk import walk
from tests.support.sorting import JPEG, judged

PROBABILITIES = {"with": 0.95, "without": 0.01, "unsure": 0.6, "cat": None}


@pytest.fixture
def photos(tmp_path: Path) -> list[Judged]:
    """Four judged photos and a failed one, two of them of one name."""
    pile = tmp_path / "pile"
    (pile / "album").mkdir(parents=True)
    for name in ("with.jpg", "album/with.jpg", "without.jpg", "unsure.jpg", "cat.jpg"):
        (pile / name).write_bytes(JPEG + name.encode())
    (pile / "notes.txt").write_bytes(b"no photo")
    return [judged(s, PROBABILITIES.get(s.path.stem)) for s in walk([str(pile)])]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "sorted"

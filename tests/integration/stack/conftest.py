"""A folder for a stack, in which nothing runs any more when the test has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.settings import Settings, load_settings
from infra.local.processes import find_marked
from infra.local.stack import down


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = (tmp_path / "home").resolve()
    yield folder
    down(folder, purge=True)
    assert find_marked(folder) == []


@pytest.fixture
def settings() -> Settings:
    return load_settings()

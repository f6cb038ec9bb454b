"""A home for a local stack; no process is left after the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.config.settings import Settings, load_settings
from infra.local import seaweed
from infra.local.process import find_marked, stop
from tests.support.ports import keep_ports


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = (tmp_path / "home").resolve()
    keep_ports(folder)
    yield folder
    # Not `down`, which is under test, and polite.
    stop([], [identity for _, identity in find_marked(folder)], timeout=0)
    seaweed.remove_sockets(folder)
    assert find_marked(folder) == []


@pytest.fixture
def settings() -> Settings:
    return load_settings()

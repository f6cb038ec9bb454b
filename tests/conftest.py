"""Real servers for the whole run: a Valkey and an S3 server on free loopback ports."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # `demo` and `infra` run from the repository

# Nothing of the caller's configuration may reach a test.
for _name in [name for name in os.environ if name.startswith("GLASSES_")]:
    del os.environ[_name]


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """The labelled photos that lie beside the checkout on some machines."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the labelled photos in {folder}, which are not redistributable")
    return folder


@pytest.fixture(scope="session")
def demo_photos() -> Path:
    """Photos that anyone may redistribute."""
    return ROOT / "demo" / "photos"


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the servers of this run are, as keyword arguments for the settings."""
    from infra.local.servers import servers

    with servers(tmp_path_factory.mktemp("servers")) as found:
        yield found

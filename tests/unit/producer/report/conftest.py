from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chromium import Page, browser, chromium


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a real browser."""
    if browser() is None:
        pytest.skip("needs Chromium or Chrome on the PATH (`apt-get install chromium`)")
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found

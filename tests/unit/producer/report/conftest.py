"""A browser, and the report of ten thousand photos in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import Page, browser, chromium
from tests.support.report_page import ten_thousand, written


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Yield a page of a real browser."""
    if browser() is None:
        pytest.skip("needs Chromium or Chrome on the PATH (`apt-get install chromium`)")
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of ten thousand photos."""
    return written(tmp_path_factory.mktemp("report") / "large.html", ten_thousand())


@pytest.fixture
def ten(page: Page, large: Path) -> Iterator[Page]:
    """Yield the freshly opened report of ten thousand photos; fail on errors and requests."""
    page.window(1280, 900)
    page.call("Storage.clearDataForOrigin", origin="file://", storageTypes="local_storage")
    page.requests.clear()
    page.errors.clear()
    page.open(large)
    page.settle()
    yield page
    assert page.errors == []
    assert [url for url in page.requests if not url.startswith(("data:", "blob:"))] == [
        large.as_uri()
    ]

"""Every relative link and anchor of the pages resolves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import documents
from tests.support.links import anchors, fault, links

LARGEST_PICTURE = 300_000


@pytest.mark.parametrize("page", documents.ALL, ids=documents.name)
def test_links_resolve(page: Path) -> None:
    assert [wrong for target in links(page) if (wrong := fault(page, target))] == []


def test_broken_links_are_detected(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b`, c\n## Two\n## Two\n[a](no.md) ![b](#a-b-c) [c](page.md#two-1) `[d](e)`"
    )
    assert anchors(page) == {"a-b-c", "two", "two-1"}
    assert list(links(page)) == ["no.md", "#a-b-c", "page.md#two-1"]
    assert [bool(fault(page, target)) for target in links(page)] == [True, False, False]
    assert fault(page, "#three")


def test_pages_contain_links() -> None:
    assert sum(len(list(links(page))) for page in documents.RUN) > 20


def test_pictures_are_small() -> None:
    for picture in (documents.ROOT / "docs").rglob("*.png"):
        assert picture.stat().st_size < LARGEST_PICTURE, picture

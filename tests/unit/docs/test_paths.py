"""Every file and folder of this repository that a page names in backticks exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import documents

PATH = re.compile(r"(?:demo|docs|glasses|infra|producer|tests|training|worker)/[\w./-]+")
PAGES = [page for page in documents.ALL if page.name != "CHANGELOG.md"]
"""The changelog also names files of older versions."""


@pytest.mark.parametrize("page", PAGES, ids=documents.name)
def test_named_files_exist(page: Path) -> None:
    named = {m[0] for span in documents.code_spans(page) if (m := PATH.fullmatch(span))}
    assert [path for path in sorted(named) if not (documents.ROOT / path).exists()] == []

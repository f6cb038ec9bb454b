"""Links between pages, and the anchors that they may point to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.documents import prose

_LINK = re.compile(r"!?\[[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def links(page: Path) -> Iterator[str]:
    """Where a page points to, but for other sites."""
    text = re.sub(r"(`+).+?\1", "", prose(page), flags=re.DOTALL)
    for target in _LINK.findall(text):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """What `#…` may follow a page's name, as GitHub makes it of the headings."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        anchor, number = words.replace(" ", "-"), 0
        while (name := f"{anchor}-{number}" if number else anchor) in found:
            number += 1
        found.add(name)
    return found


def fault(page: Path, target: str) -> str | None:
    """What is wrong with a link of a page; None if it leads somewhere."""
    path, _, anchor = target.partition("#")
    to = (page.parent / path).resolve() if path else page
    if not to.exists():
        return f"{target}: there is no {to}"
    if anchor and anchor not in anchors(to):
        return f"{target}: {to.name} has no such heading, but {sorted(anchors(to))}"
    return None

"""Links between pages and the anchors to which they point."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.documents import prose

_LINK = re.compile(r"!?\[[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links, except other sites."""
    text = re.sub(r"(`+).+?\1", "", prose(page), flags=re.DOTALL)
    for target in _LINK.findall(text):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub generates from the headings of a page."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        anchor, number = words.replace(" ", "-"), 0
        while (name := f"{anchor}-{number}" if number else anchor) in found:
            number += 1
        found.add(name)
    return found


def fault(page: Path, target: str) -> str | None:
    """Return what is wrong with a link of a page; None if it resolves."""
    path, _, anchor = target.partition("#")
    to = (page.parent / path).resolve() if path else page
    if not to.exists():
        return f"{target}: there is no {to}"
    if anchor and anchor not in anchors(to):
        return f"{target}: {to.name} has no such heading, but {sorted(anchors(to))}"
    return None

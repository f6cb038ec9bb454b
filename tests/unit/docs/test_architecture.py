"""docs/architecture.md names only files and symbols that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.documents import ROOT, code_spans

PAGE = ROOT / "docs" / "architecture.md"
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|lua|js|md|toml))")
ANSWER = re.compile(rf"(?P<path>{PATH.pattern}): (?P<symbol>[\w.]+)")


def answers() -> list[tuple[str, str]]:
    """Every `path: symbol` of the page."""
    return [(m["path"], m["symbol"]) for span in spans() if (m := ANSWER.fullmatch(span))]


def spans() -> list[str]:
    return list(dict.fromkeys(code_spans(PAGE)))


def paths() -> list[str]:
    return [span for span in spans() if PATH.fullmatch(span)] + [path for path, _ in answers()]


def questions() -> dict[str, str]:
    """Heading -> text of each question."""
    _, _, text = PAGE.read_text("utf-8").partition("\n## Questions\n")
    _, *parts = re.split(r"^### ", text, flags=re.MULTILINE)
    return {head: body for head, _, body in (part.partition("\n") for part in parts)}


def names(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """Functions, classes, their methods, and constants."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from names(node.body, f"{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (prefix + each.id for each in targets if isinstance(each, ast.Name))


@cache
def defined(path: Path) -> frozenset[str]:
    return frozenset(names(ast.parse(path.read_text("utf-8")).body))


@pytest.mark.parametrize("path", dict.fromkeys(paths()))
def test_paths_exist(path: str) -> None:
    found = ROOT / path
    assert found.is_dir() if path.endswith("/") else found.is_file()


@pytest.mark.parametrize(("path", "symbol"), answers())
def test_symbols_are_defined_in_their_file(path: str, symbol: str) -> None:
    assert symbol in defined(ROOT / path)


def test_every_question_is_answered_with_a_symbol() -> None:
    assert len(questions()) >= 10
    assert [head for head, body in questions().items() if not ANSWER.search(body)] == []


def test_every_package_is_described() -> None:
    packages = {path.parent for name in ("glasses", "worker", "training")
                for path in (ROOT / name).glob("*/__init__.py")}  # fmt: skip
    described = {ROOT / path.rstrip("/") for path in paths() if path.endswith("/")}
    assert {ROOT / "producer", ROOT / "infra", *packages} <= described


def test_what_does_not_exist_would_be_found() -> None:
    assert "Ledger.acquire" in defined(ROOT / "glasses/ledger/ledger.py")
    assert "Ledger.nothing" not in defined(ROOT / "glasses/ledger/ledger.py")
    assert ANSWER.fullmatch("a/b.py: C.d")
    assert not ANSWER.fullmatch("see a/b.py: C")

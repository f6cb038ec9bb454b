"""The pages as a reader takes them: commands to type, files to save, links to follow.

A page says in comments, which its reader does not see, what a test must know of the block below:
`<!-- not run: WHY -->`; `<!-- exits: 1 0 -->`, the code of each command, 0 where none is said;
`<!-- before: COMMAND -->`, which makes what the reader has by then ($CHECKOUT is the repository);
`<!-- file: NAME -->`, under which the reader saves the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = (
    ROOT / "README.md",
    ROOT / "docs/tutorial.md",
    *sorted((ROOT / "docs/howto").glob("*.md")),
    ROOT / "docs/operations.md",
)
"""Pages whose commands are run."""
ALL = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "demo").glob("*.md")),
    ROOT / "infra/README.md",
    *sorted((ROOT / "worker/models").rglob("*.md")),
)
"""Pages that people read."""

_BLOCK = re.compile(
    r"(?P<marks>(?:^<!-- [^\n]+ -->\n)*)^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """A command in a page.

    Attributes:
        line: Where, from 1.
        command: What to type; it may have several lines.
        shown: What the page says that comes.
        code: The exit code that must come.
    """

    line: int
    command: str
    shown: str
    code: int


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        line: Where it begins, from 1.
        language: What is said at the fence.
        text: All lines.
        marks: The comments right above it, by their first word.
    """

    line: int
    language: str
    text: str
    marks: tuple[tuple[str, str], ...]

    def mark_of(self, word: str) -> str | None:
        """Return the text after `word:` in the comment of the block; None without one."""
        return dict(self.marks).get(word)

    def steps(self) -> list[Step]:
        """Return the commands of a console block."""
        assert self.language == "console"
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        codes = [int(code) for code in (self.mark_of("exits") or "").split()]
        line, found = self.line + 1 + parts[0].count("\n"), []
        for number, part in enumerate(parts[1:]):
            whole = re.match(r"(?:[^\n]*\\\n)*[^\n]*", part)
            assert whole
            command = whole[0]
            code = codes[number] if number < len(codes) else 0
            found.append(Step(line, command, part[len(command) :].strip("\n"), code))
            line += part.count("\n")
        return found


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """Return all fenced blocks of a page in order."""
    text = page.read_text("utf-8")
    return tuple(
        Block(
            text.count("\n", 0, found.start("language")) + 1,
            found["language"],
            found["text"],
            tuple(re.findall(r"<!-- ([\w ]+): ?(.*) -->", found["marks"])),
        )
        for found in _BLOCK.finditer(text)
    )


def consoles(page: Path) -> list[Block]:
    """Return the console blocks of a page."""
    return [block for block in blocks(page) if block.language == "console"]


def prose(page: Path) -> str:
    """Return the text of a page without its blocks and comments."""
    return re.sub(r"<!--.*?-->", "", _BLOCK.sub("", page.read_text("utf-8")), flags=re.DOTALL)


def code_spans(page: Path) -> Iterator[str]:
    """Yield the code spans in the prose of a page."""
    for found in re.finditer(r"(`+)(.+?)\1", prose(page), re.DOTALL):
        yield " ".join(found[2].split()).replace("\\|", "|")


def name(page: Path) -> str:
    """Return the path of a page in the repository."""
    return page.relative_to(ROOT).as_posix()

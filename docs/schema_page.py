"""docs/schema.md: every column and field with type, unit and meaning, taken from the schemas."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from docs.members import meanings
from docs.schemas import OUTPUTS, schema
from glasses.checkup.finding import State
from glasses.statuses import Deployment, FailureReason, JobState, PhotoStatus
from glasses.verdict import FaceChoice

ENUMS: tuple[type[StrEnum], ...] = (
    PhotoStatus, FailureReason, FaceChoice, JobState, State, Deployment,
)  # fmt: skip
INTRODUCTION = """\
# What the commands print

For programs. Names and meanings stay as they are; more fields may come, so ignore what you do not
know. Each output has a JSON Schema beside this page. Columns that may be empty say "or null".

## Verdicts: `glasses results`, `glasses classify`

One row a photo, the same columns in each format
([JSON Schema](verdict.schema.json) of a line of `jsonl`).
"""
FORMATS = """\
- `jsonl`: names are as they are; bytes that are not UTF-8 are lone surrogates (`\\udce9`), as
  Python's `os.fsencode` takes them.
- `csv`: null is empty, `faces` is JSON in one cell, `glasses` is `true` or `false`. In names what
  is not printable or not UTF-8 is escaped (`\\x1b`, `\\udce9`), and a `'` precedes what a
  spreadsheet would take for a formula.
- `parquet`: a number is a `double`, an integer an `int64`, a string (a status, too) a `string`,
  `faces` a list of structs. Names are as they are; in those that are not UTF-8 the odd bytes are
  escaped (`\\udce9`).
- `table` is for people and may change.
"""
COMMANDS = {
    "status": "`glasses status JOB --json`",
    "jobs": "`glasses jobs --json`",
    "workers": "`glasses workers --json`",
    "doctor": "`glasses doctor --json`",
    "dry-run": "`glasses submit PATH… --dry-run --json`",
}
BESIDE = {
    "status": "`glasses watch JOB --json` and `glasses cancel JOB --json` print the same without "
    "`forecast` and `finish_by`.",
    "jobs": "A list of jobs, the newest first.",
    "workers": "A list of workers.",
}


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _table("verdict"), FORMATS]
    for name, command in COMMANDS.items():
        parts.append(f"## {command}\n\n[JSON Schema]({name}.schema.json)\n")
        parts += [f"{BESIDE[name]}\n"] if name in BESIDE else []
        parts.append(_table(name))
    parts.append("## Words\n")
    parts += [_words(enum) for enum in ENUMS]
    return "\n".join(parts)


def _table(name: str) -> str:
    found = schema(OUTPUTS[name])
    lines = ["| name | type | unit | meaning |", "|---|---|---|---|"]
    lines += _rows(found, found.get("$defs", {}), "")
    return "\n".join(lines) + "\n"


def _rows(part: dict[str, Any], known: dict[str, Any], prefix: str) -> Iterator[str]:
    part = _resolved(part, known)
    if part.get("type") == "array":
        yield from _rows(part["items"], known, prefix + "[]")
        return
    for name, field in part.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        meaning = field.get("description", "")
        yield f"| `{path}` | {_type(field, known)} | {_unit(field)} | {meaning} |"
        for option in field.get("anyOf", [field]):
            yield from _rows(option, known, path)


def _resolved(part: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    return known[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part


def _type(part: dict[str, Any], known: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(_type(option, known) for option in part["anyOf"])
    found = _resolved(part, known)
    if "enum" in found:
        return f"string: [{found['title']}](#{found['title'].lower()})"
    if found["type"] == "array":
        return f"list of {_type(found['items'], known)}s"
    return f"{found['type']}, {found['format']}" if "format" in found else str(found["type"])


def _unit(part: dict[str, Any]) -> str:
    places = [part, *part.get("anyOf", []), part.get("additionalProperties", {})]
    return next((place["unit"] for place in places if "unit" in place), "")


def _words(enum: type[StrEnum]) -> str:
    lines = [f"### {enum.__name__}", "", str(enum.__doc__).split("\n")[0], ""]
    lines += ["| word | meaning |", "|---|---|"]
    lines += [f"| `{word}` | {meaning} |" for word, meaning in meanings(enum).items()]
    return "\n".join(lines) + "\n"

"""Generate docs/schema.md: every column and field with its type, unit and meaning."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from docs.schemas import OUTPUTS, schema
from glasses.evaluation.figures import PhotoLabel
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.statuses import Deployment, FailureReason, JobState, PhotoStatus
from glasses.protocol.verdict import Correction, FaceChoice
from producer.doctor.finding import CheckState

ENUMS: tuple[type[StrEnum], ...] = (
    PhotoStatus, Eyewear, FailureReason, FaceChoice, Correction, JobState, CheckState, Deployment,
    PhotoLabel,
)  # fmt: skip
INTRODUCTION = """\
# Output schemas

The columns and JSON fields that the commands print, for programs that read them. Names and meanings
are stable. New fields may be added, so ignore fields that you do not know. Each output has a JSON
Schema in this folder. The type of a column that may be empty says "or null".

## Verdicts: `glasses results`, `glasses classify`

One row per photo, with the same columns in each format
([JSON Schema](verdict.schema.json) of a line of `jsonl`).
"""
FORMATS = """\
Names are read as UTF-8 and output is UTF-8, whatever the locale.

- `jsonl`: names are unchanged. Bytes that are not UTF-8 are lone surrogates (`\\udce9`), which
  Python's `os.fsencode` accepts.
- `csv`: null is empty, `faces` is JSON in one cell, `glasses` is `true` or `false`. Fields with
  commas, quotes or line ends are quoted (RFC 4180); lines end with a line feed. Names are
  unchanged, so they match those of your own tables, except that bytes that are not UTF-8 are
  escaped (`\\udce9`). A terminal shows characters that are not printable escaped, too.
- `csv` with `--spreadsheet-safe`: a `'` precedes names that a spreadsheet would evaluate as a
  formula: those that begin with `=`, `+`, `-`, `@`, `−`, a full-width or other form of these, or
  spaces before one, or with a tab, line end or NUL. Use it if people open the file in a
  spreadsheet and others chose the names. **It changes names**: they no longer match your tables.
- `parquet`: numbers are `double`, integers `int64`, strings and statuses `string`, `faces` a list
  of structs. Names are unchanged, except that bytes that are not UTF-8 are escaped (`\\udce9`).
- `table` is for people and may change.
"""
COMMANDS = {
    "status": "`glasses status JOB --json`",
    "jobs": "`glasses jobs --json`",
    "workers": "`glasses workers --json`",
    "doctor": "`glasses doctor --json`",
    "submit": "`glasses submit PATH… --json`",
    "dry-run": "`glasses submit PATH… --dry-run --json`",
    "evaluate": "`glasses evaluate LABELS --json`",
}
REMARKS = {
    "status": "`glasses watch JOB --json` and `glasses cancel JOB --json` print the same without "
    "`forecast` and `finish_by`.",
    "submit": "Two lines: this one, and unless --detach is given, at the end the counts as "
    "`glasses watch JOB --json` prints them.",
    "jobs": "A list of jobs, the newest first.",
    "workers": "A list of workers.",
}


def page() -> str:
    """Return the text of docs/schema.md."""
    parts = [INTRODUCTION, _field_table("verdict"), FORMATS]
    for name, command in COMMANDS.items():
        parts.append(f"## {command}\n\n[JSON Schema]({name}.schema.json)\n")
        parts += [f"{REMARKS[name]}\n"] if name in REMARKS else []
        parts.append(_field_table(name))
    parts.append("## Enumerations\n")
    parts += [_enum_section(enum) for enum in ENUMS]
    return "\n".join(parts)


def meanings(enum: type[StrEnum]) -> dict[str, str]:
    """Return value -> docstring of each member of an enum, in the order of the source.

    Raises:
        ValueError: A member has no docstring.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(enum))).body
    assert isinstance(definition, ast.ClassDef)
    texts: dict[str, str] = {}
    for node, following in zip(definition.body, [*definition.body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(following, ast.Expr):
            (target,) = node.targets
            assert isinstance(target, ast.Name)
            texts[target.id] = " ".join(str(ast.literal_eval(following.value)).split())
    if missing := [member.name for member in enum if member.name not in texts]:
        raise ValueError(f"{enum.__name__}.{', '.join(missing)}: the docstring is missing")
    return {member.value: texts[member.name] for member in enum}


def _field_table(name: str) -> str:
    root = schema(OUTPUTS[name])
    lines = ["| name | type | unit | meaning |", "|---|---|---|---|"]
    lines += _field_rows(root, root.get("$defs", {}), "")
    return "\n".join(lines) + "\n"


def _field_rows(part: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[str]:
    part = _resolve(part, definitions)
    if part.get("type") == "array":
        yield from _field_rows(part["items"], definitions, prefix + "[]")
        return
    for name, field in part.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        meaning = field.get("description", "")
        yield f"| `{path}` | {_type(field, definitions)} | {_unit(field)} | {meaning} |"
        for option in field.get("anyOf", [field]):
            yield from _field_rows(option, definitions, path)


def _resolve(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    return definitions[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part


def _type(part: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(_type(option, definitions) for option in part["anyOf"])
    resolved = _resolve(part, definitions)
    if "enum" in resolved:
        return f"string: [{resolved['title']}](#{resolved['title'].lower()})"
    if resolved["type"] == "array":
        return f"list of {_type(resolved['items'], definitions)}s"
    if "format" in resolved:
        return f"{resolved['type']}, {resolved['format']}"
    return str(resolved["type"])


def _unit(part: dict[str, Any]) -> str:
    candidates = [part, *part.get("anyOf", []), part.get("additionalProperties", {})]
    return next((each["unit"] for each in candidates if "unit" in each), "")


def _enum_section(enum: type[StrEnum]) -> str:
    lines = [f"### {enum.__name__}", "", str(enum.__doc__).split("\n")[0], ""]
    lines += ["| value | meaning |", "|---|---|"]
    lines += [f"| `{value}` | {meaning} |" for value, meaning in meanings(enum).items()]
    return "\n".join(lines) + "\n"

from __future__ import annotations

import json
from enum import StrEnum

import jsonschema
import pytest

from docs.generate import GENERATED, stale
from docs.schema_page import ENUMS, meanings, page
from docs.schemas import OUTPUTS, schema
from glasses.protocol.outcome import Outcome
from glasses.protocol.statuses import FailureReason
from glasses.protocol.verdict import DecisionRule, make_verdict
from producer.rows import COLUMNS


class Undocumented(StrEnum):
    """Words."""

    ONE = "one"
    """Has
    a meaning."""
    TWO = "two"


class Documented(StrEnum):
    """Words."""

    ONE = "one"
    """Has
    a meaning."""


def test_the_meaning_of_a_member_is_its_docstring() -> None:
    assert meanings(Documented) == {"one": "Has a meaning."}
    with pytest.raises(ValueError, match="TWO"):
        meanings(Undocumented)


def test_the_page_has_a_row_for_every_column_and_value() -> None:
    text = page()
    for word in [*COLUMNS, *(member for enum in ENUMS for member in enum)]:
        assert f"\n| `{word}` |" in text
    assert "| `faces[].box.left` | integer | px |" in text
    assert "| `probability` | number or null | 0..1 |" in text


def test_every_row_has_a_meaning() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows) > 80
    assert [row for row in rows if not row.split("|")[-2].strip()] == []


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_schemas_are_valid_and_stored_beside_the_page(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(OUTPUTS[name]))
    assert f"{name}.schema.json" in GENERATED
    assert f"({name}.schema.json)" in page()


def test_generated_files_are_up_to_date() -> None:
    assert stale() == []


@pytest.mark.parametrize("change", [{"probability": "high"}, {"status": "lost"}, {"image": None}])
def test_an_invalid_row_violates_the_schema(change: dict[str, object]) -> None:
    rule = DecisionRule(model="m@1", threshold=0.5)
    row = make_verdict("a.jpg", None, Outcome.failed(FailureReason.EMPTY), rule).model_dump(
        mode="json"
    )
    found = json.loads(GENERATED["verdict.schema.json"]())
    jsonschema.validate(row, found)
    for wrong in (row | change, {name: row[name] for name in row if name not in change}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, found)

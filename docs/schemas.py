"""JSON Schemas of the commands' output."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from glasses.protocol.verdict import Verdict
from producer.json_output import (
    DoctorOutput,
    DryRunOutput,
    EvaluateOutput,
    JobsOutput,
    StatusOutput,
    SubmittedOutput,
    WorkersOutput,
)

OUTPUTS: dict[str, type[BaseModel]] = {
    "verdict": Verdict,
    "status": StatusOutput,
    "jobs": JobsOutput,
    "workers": WorkersOutput,
    "doctor": DoctorOutput,
    "submit": SubmittedOutput,
    "dry-run": DryRunOutput,
    "evaluate": EvaluateOutput,
}
"""File name without `.schema.json` -> model."""


class _OutputSchema(GenerateJsonSchema):
    """Marks fields with a default as required, because output always contains them."""

    def field_is_required(self, *_: Any, **__: Any) -> bool:
        return True


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a command's output."""
    body = model.model_json_schema(mode="serialization", schema_generator=_OutputSchema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **body}


def as_file(model: type[BaseModel]) -> str:
    """Return the text of the schema's file."""
    return json.dumps(schema(model), indent=2) + "\n"

"""JSON Schemas of what the commands print."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from glasses.verdict import Verdict
from producer.machine import DoctorOutput, JobsOutput, PreviewOutput, StatusOutput, WorkersOutput

OUTPUTS: dict[str, type[BaseModel]] = {
    "verdict": Verdict,
    "status": StatusOutput,
    "jobs": JobsOutput,
    "workers": WorkersOutput,
    "doctor": DoctorOutput,
    "dry-run": PreviewOutput,
}
"""By the name of the file."""


class _Printed(GenerateJsonSchema):
    """Whatever has a default is printed as well."""

    def field_is_required(self, *_: Any, **__: Any) -> bool:
        return True


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of what a command prints."""
    found = model.model_json_schema(mode="serialization", schema_generator=_Printed)
    return {"$schema": GenerateJsonSchema.schema_dialect, **found}


def as_file(model: type[BaseModel]) -> str:
    """The same as a file."""
    return json.dumps(schema(model), indent=2) + "\n"

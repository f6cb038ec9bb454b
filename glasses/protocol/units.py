"""Numbers with their unit, which the JSON Schemas and docs/schema.md say; code sees the number."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.fields import FieldInfo


def _in(unit: str) -> FieldInfo:
    found: FieldInfo = Field(json_schema_extra={"unit": unit})
    return found


Pixels = Annotated[int, _in("px")]
Photos = Annotated[int, _in("photos")]
Probability = Annotated[float, _in("0..1")]
Seconds = Annotated[float, _in("s")]
UnixTime = Annotated[float, _in("s since 1970-01-01 UTC")]
PhotosPerSecond = Annotated[float, _in("photos/s")]
Megabytes = Annotated[float, _in("MB")]

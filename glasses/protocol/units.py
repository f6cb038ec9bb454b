"""Units: number types whose unit is shown in the JSON Schemas and in docs/schema.md."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.fields import FieldInfo


def _in(unit: str) -> FieldInfo:
    info: FieldInfo = Field(json_schema_extra={"unit": unit})
    return info


Pixels = Annotated[int, _in("px")]
Degrees = Annotated[int, _in("°")]
Photos = Annotated[int, _in("photos")]
Probability = Annotated[float, _in("0..1")]
Seconds = Annotated[float, _in("s")]
UnixTime = Annotated[float, _in("s since 1970-01-01 UTC")]
PhotosPerSecond = Annotated[float, _in("photos/s")]
Megabytes = Annotated[float, _in("MB")]

"""Verdict rows as Parquet: the columns of the other formats, with their types.

Rows are held back until a row group is full, so memory is that of one, however many there are.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, BinaryIO, Union, get_args, get_origin

import pyarrow as pa
from pyarrow.parquet import ParquetWriter
from pydantic import BaseModel

from glasses.verdict import Verdict

GROUP = 8192
"""Rows in a row group."""
_SCALARS = ((bool, pa.bool_()), (int, pa.int64()), (float, pa.float64()), (str, pa.string()))


def columns(model: type[BaseModel]) -> list[pa.Field]:
    """The fields of a model as Arrow has them; only what may be None is nullable."""
    found = []
    for name, field in model.model_fields.items():
        options = get_args(field.annotation) if _is_union(field.annotation) else [field.annotation]
        (inner,) = (each for each in options if each is not NoneType)
        found.append(pa.field(name, _type(inner), nullable=NoneType in options))
    return found


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in {Union, UnionType}


def _type(annotation: Any) -> pa.DataType:
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    if get_origin(annotation) is tuple:
        return pa.list_(pa.field("element", _type(get_args(annotation)[0]), nullable=False))
    if issubclass(annotation, BaseModel):
        return pa.struct(columns(annotation))
    return next(type_ for kind, type_ in _SCALARS if issubclass(annotation, kind))


SCHEMA = pa.schema(columns(Verdict))


class ParquetRows:
    """Writes rows to a file; `close` ends it.

    Args:
        out: Need not be seekable.
        group: Rows in a row group.
    """

    def __init__(self, out: BinaryIO, group: int = GROUP) -> None:
        self._writer = ParquetWriter(out, SCHEMA, compression="zstd")
        self._group = group
        self._held: list[dict[str, Any]] = []

    def write(self, row: Verdict) -> None:
        """Add a row."""
        values = row.model_dump(mode="json")
        # Strings are UTF-8 here: of another name the odd bytes are escaped, as in CSV.
        values["image"] = row.image.encode("utf-8", "backslashreplace").decode()
        self._held.append(values)
        if len(self._held) >= self._group:
            self._write_group()

    def flush(self) -> None:
        """Nothing: half a row group is not written."""

    def close(self) -> None:
        """Write what is held back, and the footer."""
        if self._held:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Leave the file without its footer, so that nobody takes it for whole."""
        self._writer.is_open = False

    def _write_group(self) -> None:
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._held, SCHEMA))
        self._held.clear()

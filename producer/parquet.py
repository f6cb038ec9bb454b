"""Write verdict rows as Parquet: the columns of the other formats, with types.

Rows are buffered until a row group is full, so memory is bounded by one row group.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, BinaryIO, Union, get_args, get_origin

import pyarrow as pa
from pyarrow.parquet import ParquetWriter
from pydantic import BaseModel

from glasses.protocol.schemas import JobStatus
from glasses.protocol.verdict import Verdict
from producer.rows import TEXT_COLUMNS, utf8

GROUP = 8192
"""Rows per row group."""
DESCRIBED = ("job_id", "state", "submitted", "without_verdict", "model")
"""Facts of the job in the metadata of a file, each under `glasses.NAME`, without unknown ones."""
_SCALARS = ((bool, pa.bool_()), (int, pa.int64()), (float, pa.float64()), (str, pa.string()))


def columns(model: type[BaseModel]) -> list[pa.Field]:
    """Return a model's fields as Arrow fields; only optional ones are nullable."""
    fields = []
    for name, field in model.model_fields.items():
        options = get_args(field.annotation) if _is_union(field.annotation) else [field.annotation]
        (inner,) = (option for option in options if option is not NoneType)
        fields.append(pa.field(name, _type(inner), nullable=NoneType in options))
    return fields


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
    """Write rows to a Parquet file; `close` writes its footer.

    Args:
        out: The file; it need not be seekable.
        group: Rows per row group.
    """

    def __init__(self, out: BinaryIO, group: int = GROUP) -> None:
        self._writer = ParquetWriter(out, SCHEMA, compression="zstd")
        self._group = group
        self._buffer: list[dict[str, Any]] = []

    def write(self, row: Verdict) -> None:
        """Add a row."""
        values = row.model_dump(mode="json")
        for name in TEXT_COLUMNS:
            values[name] = None if values[name] is None else utf8(values[name])
        self._buffer.append(values)
        if len(self._buffer) >= self._group:
            self._write_group()

    def flush(self) -> None:
        """Do nothing: only full row groups are written."""

    def describe(self, job: JobStatus) -> None:
        """Store the job's state and counts in the metadata of the file."""
        facts = {name: getattr(job, name) for name in DESCRIBED}
        known = {f"glasses.{name}": str(fact) for name, fact in facts.items() if fact is not None}
        self._writer.add_key_value_metadata(known)

    def close(self) -> None:
        """Write the buffered rows and the footer."""
        if self._buffer:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Leave the file without a footer, which makes it invalid: it is incomplete."""
        self._writer.is_open = False

    def _write_group(self) -> None:
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._buffer, SCHEMA))
        self._buffer.clear()

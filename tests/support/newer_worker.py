"""A worker of the next version, which accepts jobs and messages of schema 5 as well.

Started like `python -m worker`.
"""

from __future__ import annotations

from typing import Literal

from glasses.protocol import schemas

NEWER = 5


class Message(schemas.ChunkMessage):
    schema_version: Literal[1, 2, 3, 4, 5] = NEWER  # type: ignore[assignment]


class Spec(schemas.JobSpec):
    schema_version: Literal[1, 2, 3, 4, 5] = 4  # type: ignore[assignment]


if __name__ == "__main__":
    # Before any other module imports these names.
    schemas.ChunkMessage = Message  # type: ignore[misc]
    schemas.JobSpec = Spec  # type: ignore[misc]
    schemas.SCHEMA_VERSION = NEWER  # type: ignore[misc]
    from worker import __main__ as worker

    worker.main()

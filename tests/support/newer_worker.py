"""A worker of the next version: it knows jobs and messages of schema 4 beside those of before.

Started like `python -m worker`.
"""

from __future__ import annotations

from typing import Literal

from glasses import schemas

NEWER = 4


class Message(schemas.ChunkMessage):
    schema_version: Literal[1, 2, 3, 4] = NEWER  # type: ignore[assignment]


class Spec(schemas.JobSpec):
    schema_version: Literal[1, 2, 3, 4] = 3  # type: ignore[assignment]


if __name__ == "__main__":
    # Before anything else imports them from there.
    schemas.ChunkMessage = Message  # type: ignore[misc]
    schemas.JobSpec = Spec  # type: ignore[misc]
    schemas.SCHEMA_VERSION = NEWER  # type: ignore[misc]
    from worker import __main__ as worker

    worker.main()

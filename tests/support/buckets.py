"""Buckets of other users; deleted after the test, because each takes one of few S3 volumes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from glasses.config.settings import Settings
from glasses.storage.bucket import s3_client


class OtherBucket:
    """A bucket of another user on the same server."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._client: Any = s3_client(settings)

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self.name, Key=key, Body=data)

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self.name, Key=key)


@contextmanager
def other_bucket(settings: Settings) -> Iterator[OtherBucket]:
    """Create a bucket for the length of the context."""
    name = f"other-{uuid.uuid4().hex[:12]}"
    client: Any = s3_client(settings)
    client.create_bucket(Bucket=name)
    yield OtherBucket(settings, name)
    remove_bucket(settings, name)


def remove_bucket(settings: Settings, name: str) -> None:
    """Remove a bucket with its objects."""
    client: Any = s3_client(settings)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
        # One by one: a batch request is XML, which cannot represent every key.
        with ThreadPoolExecutor(8) as pool:
            for found in page.get("Contents", ()):
                pool.submit(client.delete_object, Bucket=name, Key=found["Key"])
    client.delete_bucket(Bucket=name)

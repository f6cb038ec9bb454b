"""Bucket listings through boto3: objects with any name, and unfinished multipart uploads.

obstore, which is used for everything else, rejects some names and cannot list unfinished uploads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from glasses.config.settings import Settings
from glasses.storage.bucket import s3_client
from glasses.storage.s3_errors import answer_to, request_failed

_DELETE_BATCH = 1000
"""Keys that are in memory at a time."""


class StoredObject(NamedTuple):
    """An object in the bucket."""

    key: str
    put: datetime
    """When it was last written."""
    version: str
    """Changes when the object is overwritten with other bytes."""


class UnfinishedUpload(NamedTuple):
    """A multipart upload that was neither completed nor aborted."""

    key: str
    begun: datetime
    upload_id: str


def objects(settings: Settings, prefix: str = "", after: str = "") -> Iterator[StoredObject]:
    """Yield all objects under a prefix whose keys sort after `after`.

    Raises:
        InfrastructureError: The server is unreachable or rejects a request.
    """
    with _errors(settings):
        pages = s3_client(settings).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=settings.s3_bucket, Prefix=prefix, StartAfter=after):
            for found in page.get("Contents", ()):
                yield StoredObject(found["Key"], found["LastModified"], found["ETag"])


def delete(settings: Settings, keys: Iterable[str]) -> None:
    """Delete objects with any name, one request per object, several at the same time.

    Raises:
        InfrastructureError: See `objects`.
    """
    with _errors(settings), ThreadPoolExecutor(settings.upload_threads, "delete") as pool:
        client = s3_client(settings, settings.upload_threads)
        remaining = iter(keys)
        while batch := list(islice(remaining, _DELETE_BATCH)):
            for _ in pool.map(
                lambda key: client.delete_object(Bucket=settings.s3_bucket, Key=key), batch
            ):
                pass


def abort_uploads(
    settings: Settings, chosen: Callable[[UnfinishedUpload], bool], prefix: str = ""
) -> int:
    """Abort unfinished multipart uploads; return how many were aborted.

    Args:
        settings: The bucket.
        chosen: Returns whether an upload is to be aborted.
        prefix: Prefix of the objects' keys.

    Raises:
        InfrastructureError: See `objects`.
    """
    aborted = 0
    with _errors(settings):
        client = s3_client(settings)
        for upload in filter(chosen, list(_unfinished(client, settings.s3_bucket, prefix))):
            _abort(client, settings.s3_bucket, upload)
            aborted += 1
    return aborted


def _unfinished(client: Any, bucket: str, prefix: str) -> Iterator[UnfinishedUpload]:
    from botocore.exceptions import ClientError

    pages = client.get_paginator("list_multipart_uploads")
    try:
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Uploads", ()):
                yield UnfinishedUpload(found["Key"], found["Initiated"], found["UploadId"])
    except ClientError as error:
        answer = answer_to(error)
        # Not implemented, or, as rclone says, there is none.
        if answer.status not in {405, 501} and answer.code != "NoSuchUpload":
            raise


def _abort(client: Any, bucket: str, upload: UnfinishedUpload) -> None:
    from botocore.exceptions import ClientError

    try:
        client.abort_multipart_upload(Bucket=bucket, Key=upload.key, UploadId=upload.upload_id)
    except ClientError as error:  # completed or aborted after it was listed
        if answer_to(error).code != "NoSuchUpload":
            raise


@contextmanager
def _errors(settings: Settings) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise request_failed(settings, error) from error

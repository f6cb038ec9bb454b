"""The object store: one bucket on any S3-compatible server, and where everything in it lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from glasses.errors import InfrastructureError
from glasses.settings import Settings, require_servers

IMAGES = "images/"
JOBS = "jobs/"
_MISSING = {"NoSuchKey", "404", "NotFound", "NoSuchBucket"}
_DELETE_LIMIT = 1000  # of the S3 API, a request


def image_key(sha256: str) -> str:
    """Where a photo's bytes lie."""
    return IMAGES + sha256


def job_prefix(job_id: str) -> str:
    """Where a job's own objects lie."""
    return f"{JOBS}{job_id}/"


class ObjectStore:
    """Puts, gets and deletes objects. Safe to share between threads, not across a fork.

    Raises (every method):
        InfrastructureError: The server is out of reach or refuses.
    """

    def __init__(self, settings: Settings, connections: int = 16) -> None:
        require_servers(settings)
        assert settings.s3_access_key
        assert settings.s3_secret_key
        self.bucket = settings.s3_bucket
        self._endpoint = settings.s3_endpoint
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key.get_secret_value(),
            aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
            config=Config(
                max_pool_connections=connections,
                connect_timeout=5,
                read_timeout=60,
                # A SeaweedFS that restarts after a crash answers 500 for some seconds.
                retries={"mode": "standard", "total_max_attempts": 7},
                s3={"addressing_style": "path"},
                # Servers older than 2025 refuse the checksum headers of boto3 >= 1.36.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Store an object."""
        self._call("put_object", Key=key, Body=data, ContentType=content_type)

    def get(self, key: str) -> bytes | None:
        """An object's bytes; None if there is no such object."""
        answer = self._call("get_object", Key=key)
        if answer is None:
            return None
        try:
            return bytes(answer["Body"].read())
        except (BotoCoreError, OSError) as error:
            raise self._unreachable(error) from error

    def keys(self, prefix: str) -> Iterator[str]:
        """Names of all objects under a prefix, in order."""
        token: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=prefix, **token) or {}
            yield from (item["Key"] for item in page.get("Contents", []))
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, keys: Iterable[str]) -> int:
        """Delete objects, those that are gone already included; returns how many were named."""
        names = list(keys)
        for start in range(0, len(names), _DELETE_LIMIT):
            batch = [{"Key": key} for key in names[start : start + _DELETE_LIMIT]]
            self._call("delete_objects", Delete={"Objects": batch, "Quiet": True})
        return len(names)

    def ensure_bucket(self, retention_days: int) -> None:
        """Create the bucket if need be, and let everything in it expire."""
        if self._call("head_bucket") is None:
            self._call("create_bucket")
        rule = {
            "ID": "expire",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": retention_days},
        }
        self._call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [rule]})

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(Bucket=self.bucket, **arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code in _MISSING and operation != "put_object":
                return None
            raise self._unreachable(error) from error
        except BotoCoreError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> InfrastructureError:
        return InfrastructureError(
            f"the object store at {self._endpoint} (bucket {self.bucket!r}) does not serve: "
            f"{error}. Check that it runs and that its credentials are right (`glasses config`)."
        )

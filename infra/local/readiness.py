"""Readiness probes of the servers: single attempts with short timeouts, for polling."""

from __future__ import annotations

import http.client
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from redis import Redis
from redis.exceptions import RedisError

from glasses.config.settings import Settings
from infra.local.ports import LOOPBACK

_PROBE_KEY = "probe"


def valkey_answers(redis_url: str) -> bool:
    """Return whether Valkey answers a ping; it does once its data is loaded."""
    try:
        with Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except RedisError:
        return False


def s3_listens(port: int) -> bool:
    """Return whether the S3 health endpoint answers; reads may still fail, see `S3Probe`."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class S3Probe:
    """Checks whether objects can be put and read, without the retries of `ObjectStore`."""

    def __init__(self, settings: Settings) -> None:
        assert settings.s3_access_key
        assert settings.s3_secret_key
        self._bucket = settings.s3_bucket
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key.get_secret_value(),
            aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
            config=Config(
                connect_timeout=2,
                read_timeout=5,
                retries={"mode": "standard", "total_max_attempts": 1},
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def answers(self) -> bool:
        """Return whether the server accepts the credentials; the bucket need not exist."""
        try:
            self._client.list_buckets()
        except (BotoCoreError, ClientError, OSError):
            return False
        return True

    def can_put_and_get(self) -> bool:
        """Return whether an object can be put and read back.

        After a crash the server lists and accepts objects seconds before it returns them.
        """
        location = {"Bucket": self._bucket, "Key": _PROBE_KEY}
        try:
            self._client.put_object(**location, Body=b"probe")
            read = self._client.get_object(**location)["Body"].read()
            self._client.delete_object(**location)
        except (BotoCoreError, ClientError, OSError):
            return False
        return bool(read == b"probe")

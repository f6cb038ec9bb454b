"""Buckets of tests go with the test: each takes a volume of the S3 server, and those are few."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from glasses.settings import Settings


def remove_bucket(settings: Settings) -> None:
    """Remove an empty bucket."""
    assert settings.s3_access_key
    assert settings.s3_secret_key
    client: Any = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key.get_secret_value(),
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        config=Config(s3={"addressing_style": "path"}),
    )
    client.delete_bucket(Bucket=settings.s3_bucket)

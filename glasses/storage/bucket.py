"""The bucket: its creation and lifecycle rules, through boto3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glasses.config.settings import Settings
from glasses.storage.s3_errors import DENIED, answer_to, request_failed

UNFINISHED_DAYS = 1
"""Unfinished multipart uploads are aborted after this time; uploading a photo takes minutes."""
RULE_RETENTIONS = 2
"""The server's own rules delete objects after this many retention periods. They are a safety net:
a photo that several jobs share is needed longer than one period (`glasses.jobs.expiry`)."""
_MISSING = {"404", "NoSuchBucket", "NotFound"}
_RULE = "glasses-"
"""Our rules have this before the prefix in their IDs; other rules of the bucket are kept."""


def s3_client(settings: Settings, connections: int = 10) -> Any:
    """Return a boto3 client of the configured object store, which threads can share.

    Args:
        settings: The address and credentials.
        connections: Maximum number of concurrent connections.
    """
    # Imported here: workers do not need boto3, and it costs a process 25 MB.
    import boto3
    from botocore.config import Config

    assert settings.s3_access_key
    assert settings.s3_secret_key
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        verify=settings.s3_ca,
        aws_access_key_id=settings.s3_access_key.get_secret_value(),
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        config=Config(
            connect_timeout=5,
            max_pool_connections=connections,
            retries={"mode": "standard", "total_max_attempts": 7},
            s3={"addressing_style": "path"},
            # Servers older than 2025 reject the checksum headers of boto3 >= 1.36.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def ensure_bucket(settings: Settings, retention_days: int, prefixes: Iterable[str]) -> bool:
    """Create the bucket if necessary, and have the server expire our objects in it.

    Rules for other objects in the bucket are kept.

    Args:
        settings: The bucket.
        retention_days: How long jobs are kept.
        prefixes: Prefixes of our objects' keys.

    Returns:
        Whether the server has stored the rules. Some implement none, or only pretend to.

    Raises:
        InfrastructureError: The server is unreachable or rejects a request.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    client = s3_client(settings)
    try:
        try:
            client.head_bucket(Bucket=settings.s3_bucket)
        except ClientError as error:
            if answer_to(error).code not in _MISSING:
                raise
            _create(client, settings)
        rules = [_rule(prefix, RULE_RETENTIONS * retention_days) for prefix in prefixes]
        if _put_rules(client, settings.s3_bucket, rules):
            return True
        for rule in rules:  # some servers support only expiry
            del rule["AbortIncompleteMultipartUpload"]
        return _put_rules(client, settings.s3_bucket, rules)
    except (BotoCoreError, ClientError) as error:
        raise request_failed(settings, error) from error


def _create(client: Any, settings: Settings) -> None:
    # us-east-1 is the default, which AWS does not accept as a constraint.
    constraint = {"LocationConstraint": settings.s3_region}
    options = {} if settings.s3_region == "us-east-1" else {"CreateBucketConfiguration": constraint}
    client.create_bucket(Bucket=settings.s3_bucket, **options)


def _rule(prefix: str, days: int) -> dict[str, Any]:
    return {
        "ID": _RULE + prefix.rstrip("/"),
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "Expiration": {"Days": days},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_DAYS},
    }


def _put_rules(client: Any, bucket: str, ours: list[dict[str, Any]]) -> bool:
    """Replace our rules; return whether the server has stored them."""
    from botocore.exceptions import ClientError

    others = [rule for rule in _rules(client, bucket) if not _is_ours(rule)]
    try:
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": others + ours}
        )
    except ClientError as error:
        if answer_to(error).code in DENIED:
            raise
        return False
    stored = {rule.get("ID") for rule in _rules(client, bucket)}
    return stored >= {rule["ID"] for rule in ours}


def _rules(client: Any, bucket: str) -> list[dict[str, Any]]:
    from botocore.exceptions import ClientError

    try:
        answer = client.get_bucket_lifecycle_configuration(Bucket=bucket)
    except ClientError as error:
        if answer_to(error).code in DENIED:
            raise
        return []  # it has none, or the server does not implement them
    return list(answer.get("Rules", ()))


def _is_ours(rule: dict[str, Any]) -> bool:
    return str(rule.get("ID", "")).startswith(_RULE)

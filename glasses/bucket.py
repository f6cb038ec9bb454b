"""What the object store is asked through boto3: the bucket is made so."""

from __future__ import annotations

import re
from typing import Any

from glasses.errors import InfrastructureError
from glasses.settings import Settings

_MISSING = {"404", "NoSuchBucket", "NotFound"}
_REFUSED = {
    "InvalidAccessKeyId": "does not know the access key",
    "SignatureDoesNotMatch": "refuses the secret key: it is not the access key's",
    **dict.fromkeys(("403", "AccessDenied", "Forbidden"), "refuses what these keys ask for"),
}
"""What servers say of credentials -> the same in plain words."""


def s3_client(settings: Settings, connections: int = 10) -> Any:
    """A client of the configured object store, for any number of threads.

    Args:
        settings: Where it is.
        connections: At the same time.
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
            # Servers older than 2025 refuse the checksum headers of boto3 >= 1.36.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def ensure_bucket(settings: Settings, retention_days: int) -> None:
    """Create the bucket if need be, and let everything in it expire.

    Raises:
        InfrastructureError: The server is out of reach or refuses.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    client = s3_client(settings)
    rule = {
        "ID": "expire",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": retention_days},
    }
    try:
        try:
            client.head_bucket(Bucket=settings.s3_bucket)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _MISSING:
                raise
            client.create_bucket(Bucket=settings.s3_bucket)
        client.put_bucket_lifecycle_configuration(
            Bucket=settings.s3_bucket, LifecycleConfiguration={"Rules": [rule]}
        )
    except (BotoCoreError, ClientError) as error:
        raise unreachable(settings, error) from error


def unreachable(
    settings: Settings, error: Exception, bucket: str | None = None
) -> InfrastructureError:
    """What to tell the user when the object store does not serve, its own bucket or another."""
    where = f"the object store at {settings.s3_endpoint} (bucket {bucket or settings.s3_bucket!r})"
    code, reason = _answer(error)
    if code in _REFUSED:
        return InfrastructureError(
            f"{where} {_REFUSED[code]}. Check s3_access_key and s3_secret_key (`glasses config`), "
            "and what they allow."
        )
    if code == "NoSuchBucket" and bucket is None:
        return InfrastructureError(f"{where} has no such bucket: `glasses bucket` makes it.")
    return InfrastructureError(
        f"{where} does not serve: {reason.rstrip('.')}. Check that it runs and that its "
        "credentials are right (`glasses config`)."
    )


def _answer(error: Exception) -> tuple[str, str]:
    """The code that an S3 server answered with, if there is any, and what is wrong in words."""
    text = str(error)
    xml = dict(re.findall(r"<(Code|Message)>([^<]*)</", text))
    # obstore puts before it which request it was, how often it was tried and how long it may be.
    reason = text.splitlines()[0].rpartition("  - ")[2] if text else type(error).__name__
    reason, _, _ = reason.partition(": <?xml")
    if xml.get("Message"):
        reason = xml["Message"]
    answered = getattr(error, "response", {}).get("Error", {})  # boto3's
    return answered.get("Code") or xml.get("Code", ""), reason

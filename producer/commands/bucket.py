"""`glasses bucket`: prepares an object store of your own."""

from __future__ import annotations


def command() -> None:
    """Create the bucket if need be, and let everything in it expire after the retention.

    The local stack does so by itself.
    """
    from glasses.object_store import ObjectStore
    from glasses.settings import get_settings
    from producer.narration import say

    settings = get_settings()
    ObjectStore(settings, say).ensure_bucket(settings.retention_days)
    say(f"bucket {settings.s3_bucket}: objects expire after {settings.retention_days} days")

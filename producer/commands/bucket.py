"""`glasses bucket`: prepare your own object store."""

from __future__ import annotations


def command() -> None:
    """Create the bucket if it does not exist, and set lifecycle rules as a second net of expiry.

    Workers delete each job after its retention. The server's rules delete what they leave after
    twice the retention; other rules of the bucket are kept. On a server without such rules, keep a
    worker running or run `glasses expire` regularly. The local stack does all this automatically.
    """
    from glasses.config.settings import get_settings
    from glasses.storage.bucket import RULE_RETENTIONS
    from glasses.storage.object_store import ObjectStore
    from producer.console import log_status

    settings = get_settings()
    days = settings.retention_days
    has_rules = ObjectStore(settings, log_status).ensure_bucket(days)
    log_status(
        f"bucket {settings.s3_bucket}: workers delete jobs after their retention ({days} days)"
    )
    if has_rules:
        log_status(f"the server deletes what they leave after {RULE_RETENTIONS * days} days")
    else:
        log_status(
            "the server deletes nothing by itself, since it has no lifecycle rules: keep a worker "
            "running, or run `glasses expire` regularly (cron)"
        )

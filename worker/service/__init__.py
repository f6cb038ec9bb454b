"""The service around the pipeline: Celery, leases, fetching, heartbeat, metrics."""

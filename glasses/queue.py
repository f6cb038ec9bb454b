"""The way into the queue: one Celery configuration for those who send and those who work."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from glasses.errors import InfrastructureError
from glasses.lanes import (
    LANES,
    PRIORITY_BULK,
    PRIORITY_SMALL,
    PRIORITY_STEPS,
    QUEUE,
    depths,
    lane,
    queue_name,
)
from glasses.redis_client import is_tls
from glasses.schemas import ChunkMessage
from glasses.settings import Settings, require_servers

if TYPE_CHECKING:
    from celery import Celery  # slow to import: commands that only read do without

__all__ = ["PRIORITY_BULK", "PRIORITY_SMALL", "PRIORITY_STEPS", "QUEUE"]

CLASSIFY_CHUNK = "glasses.classify_chunk"
"""Task: `[ChunkMessage]`. The name is an API between versions."""
ECHO = "glasses.echo"
"""Task: `[token]`. Sets `keys.echo(token)`."""

REDELIVER_SECONDS = 3600
"""Celery's own redelivery of unacknowledged messages. The ledger's leases are much faster; this
only empties `unacked` after a worker died. Longer than any chunk may take."""


def make_app(settings: Settings) -> Celery:
    """A Celery application for the configured broker.

    Raises:
        InfrastructureError: Redis is not configured.
    """
    from celery import Celery

    require_servers(settings)
    assert settings.redis_url
    app = Celery("glasses", broker=settings.redis_url.get_secret_value(), set_as_current=False)
    app.conf.update(configuration(settings))
    if is_tls(settings):
        app.conf.broker_use_ssl = {
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
            "ssl_ca_certs": settings.redis_ca,
        }
    return app


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings, each for a measured reason (`docs/adr/0003-ledger.md`)."""
    from kombu import Queue

    return {
        "task_default_queue": QUEUE,
        "task_queues": [
            Queue(queue_name(number), routing_key=queue_name(number)) for number in range(LANES)
        ],
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,  # verdicts live in the ledger
        "task_acks_late": True,
        # The worker's parent itself releases and sends again what a dead process had.
        "task_reject_on_worker_lost": False,
        "worker_lost_wait": 0.3,
        "task_time_limit": settings.chunk_time_limit,
        "task_soft_time_limit": max(1, settings.chunk_time_limit - 10),
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "worker_proc_alive_timeout": 60,
        # SIGTERM ends after the running chunks; SIGQUIT waits so long and gives them back.
        "worker_soft_shutdown_timeout": 30,
        "worker_hijack_root_logger": False,
        "worker_max_tasks_per_child": None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A Redis out of memory ends the connection, not the worker. The message that it could not
        # note as taken is lost, and the reconciler sends it again.
        "broker_channel_error_retry": True,
        "broker_transport_options": {
            "priority_steps": PRIORITY_STEPS,
            # The lane that was served last comes last; priorities go before lanes.
            "queue_order_strategy": "round_robin",
            "visibility_timeout": REDELIVER_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        "visibility_timeout": REDELIVER_SECONDS,
    }


def send_chunk(app: Celery, chunk: ChunkMessage, priority: int) -> None:
    """Queue a chunk.

    Raises:
        InfrastructureError: Redis does not take the message after some retries.
    """
    from kombu.exceptions import OperationalError

    try:
        app.send_task(
            CLASSIFY_CHUNK,
            args=[chunk.model_dump()],
            queue=queue_name(lane(chunk.job_id)),
            priority=priority,
            retry=True,
            retry_policy={"max_retries": 6, "interval_start": 0.1, "interval_step": 0.5},
        )
    except OperationalError as error:
        raise InfrastructureError(f"the queue does not take messages: {error}") from error


def depth(redis: Any, number: int | None = None) -> int:
    """Messages in the queue that no worker has taken, over all priorities; of a lane, or of all."""
    return sum(n for (where, _), n in depths(redis).items() if number in {None, where})

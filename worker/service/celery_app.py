"""Celery settings of a worker. Each setting that differs from the default has a reason."""

from __future__ import annotations

import ssl
from typing import Any

from celery import Celery
from kombu import Queue

from glasses.config.settings import Settings, require_servers
from glasses.ledger.partitions import PARTITIONS, PRIORITY_STEPS, QUEUE, queue_name
from glasses.ledger.redis_client import is_tls, sentinel_address


def make_app(settings: Settings) -> Celery:
    """Return a Celery application that uses the configured Redis as broker.

    Raises:
        InfrastructureError: Redis is not configured.
    """
    require_servers(settings)
    assert settings.redis_url
    found = sentinel_address(settings)
    url = found.server_url if found else settings.redis_url.get_secret_value()
    app = Celery("glasses", broker=url, set_as_current=False)
    app.conf.update(configuration(settings))
    if is_tls(settings):
        app.conf.broker_use_ssl = {
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
            "ssl_ca_certs": settings.redis_ca,
        }
    return app


def configuration(settings: Settings) -> dict[str, Any]:
    """Return Celery's settings; `docs/adr/0003-ledger.md` explains them."""
    return {
        "task_default_queue": QUEUE,
        # Not declared: sending needs no bindings, and bindings in Redis could be tampered with.
        "task_queues": [
            Queue(queue_name(number), routing_key=queue_name(number), no_declare=True)
            for number in range(PARTITIONS)
        ],
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,  # results are stored in the ledger
        "task_acks_late": True,
        # `worker.service.request` itself queues the chunk of a dead process again.
        "task_reject_on_worker_lost": False,
        "worker_lost_wait": 0.3,
        "task_time_limit": settings.chunk_time_limit,
        "task_soft_time_limit": settings.chunk_soft_limit,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        # After a reconnect it would keep processes idle until running chunks are done.
        "worker_enable_prefetch_count_reduction": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "worker_proc_alive_timeout": 60,
        # Applies to SIGQUIT; SIGTERM waits for the running chunks (see `worker.service.app`).
        "worker_soft_shutdown_timeout": 30,
        "worker_hijack_root_logger": False,
        "worker_max_tasks_per_child": None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # If Redis refuses a command, the worker reconnects instead of exiting.
        "broker_channel_error_retry": True,
        "broker_transport_options": {
            "priority_steps": PRIORITY_STEPS,
            # The partition that was served last is polled last. Priorities take precedence.
            "queue_order_strategy": "round_robin",
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
    }

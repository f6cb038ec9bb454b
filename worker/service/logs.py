"""The worker's log: its format, and the job and chunk that each line belongs to."""

from __future__ import annotations

from typing import Any

from celery import signals

from glasses.config.logs import configure_logging, set_log_context
from glasses.config.settings import get_settings
from glasses.ledger.queue import CLASSIFY_CHUNK


def connect_signals() -> None:
    """Make Celery log through `glasses.config.logs`; call this once, before the worker starts."""
    signals.celeryd_init.connect(_set_up_early)
    signals.setup_logging.connect(_set_up)
    signals.task_prerun.connect(_name_chunk)
    signals.task_postrun.connect(_forget_chunk)


def _set_up_early(instance: Any, **_: Any) -> None:
    instance.quiet = True  # Celery's banner is not a log line


def _set_up(loglevel: int, **_: Any) -> None:
    configure_logging(loglevel, get_settings().log_format)


def _name_chunk(task: Any, args: Any, **_: Any) -> None:
    message = args[0] if args else None
    if task.name == CLASSIFY_CHUNK and isinstance(message, dict):
        # Not validated yet: a foreign message may hold anything here.
        job, start, count = (str(message.get(name))[:40] for name in ("job_id", "start", "count"))
        set_log_context(job=job, chunk=f"{start}+{count}")


def _forget_chunk(**_: Any) -> None:
    set_log_context()

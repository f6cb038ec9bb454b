"""The worker's log: its format, and of which chunk each line speaks."""

from __future__ import annotations

from typing import Any

from celery import signals

from glasses.logs import about, set_up
from glasses.queue import CLASSIFY_CHUNK
from glasses.settings import get_settings


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _set_up(loglevel: int, **_: Any) -> None:
    set_up(loglevel, get_settings().log_format)


@signals.celeryd_init.connect  # type: ignore[untyped-decorator]
def _early(instance: Any, **_: Any) -> None:
    instance.quiet = True  # Celery's banner is no line of a log
    set_up("INFO", get_settings().log_format)  # it warns before it sets up its log


@signals.task_prerun.connect  # type: ignore[untyped-decorator]
def _begin(task: Any, args: Any, **_: Any) -> None:
    message = args[0] if args else None
    if task.name == CLASSIFY_CHUNK and isinstance(message, dict):
        # Not parsed yet: a foreign message may name anything here.
        job, start, count = (str(message.get(name))[:40] for name in ("job_id", "start", "count"))
        about(job=job, chunk=f"{start}+{count}")


@signals.task_postrun.connect  # type: ignore[untyped-decorator]
def _end(**_: Any) -> None:
    about()

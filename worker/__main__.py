"""Run a worker host with one process per core. On SIGTERM it finishes running chunks and exits."""

from __future__ import annotations

import os
import sys

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if __name__ == "__main__" and not sys.flags.safe_path and sys.path[0] != _ROOT:
    del sys.path[0]  # the working directory, which may hold photos and code of a stranger

import argparse  # noqa: E402
import logging  # noqa: E402

from glasses.config import streams  # noqa: E402
from glasses.config.log_stream import report_fatal  # noqa: E402
from glasses.errors import GlassesError  # noqa: E402

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def main() -> None:
    """Parse the options, check Redis' password and mode, and run a worker until it is stopped."""
    streams.prepare()
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument(
        "--processes",
        type=_count,
        default=os.cpu_count(),
        help="processes in the pool (default: one per core)",
    )
    parser.add_argument(
        "--loglevel",
        default="INFO",
        choices=_LEVELS,
        type=str.upper,
        help="least severe messages that are logged (default: INFO)",
    )
    options = parser.parse_args()
    # Keeps kombu from importing PyYAML and Celery from importing psutil, if installed: only JSON
    # messages are accepted, and Celery needs psutil only to debug its memory.
    for module in ("yaml", "psutil"):
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]
    try:
        _set_up_log(options.loglevel)
        from worker.service.memory import keep_heap_small

        keep_heap_small()
        from worker.service.app import app

        _check_redis()
    except GlassesError as error:
        report_fatal(f"glasses worker: {error}")
        sys.exit(error.exit_code)
    # Not through Celery's command line, which imports hundreds of modules for its prompt.
    worker = app.Worker(
        concurrency=options.processes,
        loglevel=logging.getLevelNamesMapping()[options.loglevel],
        pool="prefork",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        optimization="fair",
    )
    worker.start()
    sys.exit(worker.exitcode)


def _set_up_log(level: str) -> None:
    """Log from the start: libraries warn when they are imported.

    Raises:
        UsageError: A setting is invalid.
    """
    from glasses.config.logs import LogFormat, configure_logging
    from glasses.config.settings import get_settings

    try:
        configure_logging(level, get_settings().log_format)
    except GlassesError:
        configure_logging(level, LogFormat.AUTO)  # for this error
        raise


def _check_redis() -> None:
    """Exit on a wrong password or server, with which Celery would retry to connect forever.

    Raises:
        InfrastructureError: Redis rejects the password, or is a node of a cluster.
    """
    from redis.exceptions import AuthenticationError, RedisError

    from glasses.config.settings import get_settings
    from glasses.ledger.redis_client import ServerModeError, connect, redis_errors

    settings = get_settings()
    with redis_errors(settings), connect(settings, patient=False) as redis:
        try:
            redis.ping()
        except (AuthenticationError, ServerModeError):
            raise
        except RedisError:
            pass  # Celery waits for a Redis that does not respond


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of 1 or more")
    return int(text)


if __name__ == "__main__":
    main()

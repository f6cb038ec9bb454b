"""`python -m worker`: a worker host, one process a core, until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from glasses.errors import GlassesError

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def main() -> None:
    """Run a worker."""
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument(
        "--processes", type=_count, default=os.cpu_count(), help="default: one a core"
    )
    parser.add_argument(
        "--loglevel", default="INFO", choices=_LEVELS, type=str.upper, help="default: INFO"
    )
    options = parser.parse_args()
    # Where PyYAML is installed, kombu loads it for messages in YAML; here only JSON is taken.
    sys.modules.setdefault("yaml", None)  # type: ignore[arg-type]
    try:
        from worker.app import app

        _check_password()
    except GlassesError as error:
        sys.stderr.write(f"glasses worker: {error}\n")
        sys.exit(error.exit_code)
    # Not by Celery's command: that loads hundreds of modules for its prompt.
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


def _check_password() -> None:
    """Refuse to start with a wrong password: Celery, which waits for a Redis, tries it for ever.

    Raises:
        InfrastructureError: Says what is wrong with the password.
    """
    from redis.exceptions import AuthenticationError, RedisError

    from glasses.redis_client import connect, redis_errors
    from glasses.settings import get_settings

    settings = get_settings()
    with redis_errors(settings), connect(settings, patient=False) as redis:
        try:
            redis.ping()
        except AuthenticationError:
            raise
        except RedisError:
            pass


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of 1 or more")
    return int(text)


if __name__ == "__main__":
    main()

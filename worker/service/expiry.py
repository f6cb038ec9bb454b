"""Expiry in a worker: a round in a process of its own, which `python -m worker.service.expiry` is.

boto3 and the lists of photos take memory that a process of the pool would keep for ever.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import glasses
from glasses.config.settings import get_settings
from glasses.errors import GlassesError

_log = logging.getLogger(__name__)


def run_expiry() -> None:
    """Delete what has expired, and log what was deleted. The reconciler retries what fails."""
    root = str(Path(glasses.__file__).resolve().parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        # -P: a module in the working directory must not replace ours.
        [sys.executable, "-P", "-m", __name__],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        _log.warning("deleting expired photos failed, will be retried: %s", reason)
    elif done.stdout:
        _log.info("%s", done.stdout.strip())


def main() -> int:
    """Run a round; return the exit code."""
    from redis.exceptions import RedisError

    from glasses.jobs.expiry import expire
    from glasses.ledger.redis_client import connect
    from glasses.storage.object_store import ObjectStore

    try:
        settings = get_settings()
        report = expire(settings, connect(settings), ObjectStore(settings))
    except (GlassesError, RedisError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    if report:
        sys.stdout.write(f"{report}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m worker`: a worker host, one process a core, until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys

from glasses.errors import GlassesError


def main() -> None:
    """Run a worker."""
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one a core")
    parser.add_argument("--loglevel", default="INFO", help="default: INFO")
    options = parser.parse_args()
    try:
        from worker.app import app
    except GlassesError as error:
        sys.exit(f"glasses worker: {error}")
    from celery.bin.celery import celery

    # As `app.worker_main` does, which forgets the exit code: a worker that failed would look well.
    celery.params[0].default = app
    sys.exit(
        celery.main(
            [
                "worker",
                f"--concurrency={options.processes}",
                f"--loglevel={options.loglevel}",
                "--pool=prefork",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                "-Ofair",
            ],
            standalone_mode=False,
        )
    )


if __name__ == "__main__":
    main()

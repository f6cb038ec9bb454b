"""A worker that is harmed by poison photos, as a real photo might do it through a bug.

Started like `python -m worker`. A photo is poisonous if it ends with `#poison:` and what happens to
the process that reads it: `kill`, `hang` or `eat` (memory). `TEST_NO_RECONCILER=1` disables the
reconciler, to prove that it is needed.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from tests.support.photos import POISON
from worker import __main__ as worker
from worker.vision.pipeline import Pipeline

_find = Pipeline.find


def find(self: Pipeline, data: bytes, *args: Any, **options: Any) -> Any:
    _, mark, effect = data[-64:].rpartition(POISON)
    if mark and effect == b"kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if mark and effect == b"hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL})
        time.sleep(3600)
    if mark and effect == b"eat":
        eaten = [b"\1" * 2**26 for _ in range(1024)]
        raise AssertionError(len(eaten))
    return _find(self, data, *args, **options)


def no_reconciler() -> None:
    from worker.service import heartbeat

    heartbeat.reclaim_all = lambda *_: 0


def main() -> None:
    """Run the worker."""
    Pipeline.find = find  # type: ignore[method-assign]
    if os.environ.get("TEST_NO_RECONCILER"):
        no_reconciler()
    worker.main()


if __name__ == "__main__":
    main()

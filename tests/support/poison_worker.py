"""A worker on whose pipeline some photos have an effect that no real photo should have.

Started like `python -m worker`. A photo is cursed if it ends with `#curse:` and what happens to
the process that looks at it: `kill`, `hang` or `eat`. `TEST_NO_RECONCILER=1` takes the reconciler
away, to see that it is missed.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from worker import __main__ as worker
from worker.pipeline import Pipeline

MARK = b"#curse:"
_find = Pipeline.find


def find(self: Pipeline, data: bytes, *args: Any, **options: Any) -> Any:
    _, mark, curse = data[-64:].rpartition(MARK)
    if mark and curse == b"kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if mark and curse == b"hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL})
        time.sleep(3600)
    if mark and curse == b"eat":
        eaten = [b"\1" * 2**26 for _ in range(1024)]
        raise AssertionError(len(eaten))
    return _find(self, data, *args, **options)


def no_reconciler() -> None:
    from worker import heart

    heart.reclaim_all = lambda *_: 0


if __name__ == "__main__":
    Pipeline.find = find  # type: ignore[method-assign]
    if os.environ.get("TEST_NO_RECONCILER"):
        no_reconciler()
    worker.main()

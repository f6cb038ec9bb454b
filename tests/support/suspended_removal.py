"""`glasses rm` that suspends itself (SIGSTOP) at a chosen step.

`TEST_SUSPEND` states before or after which request that deletes photos: `before 1`. Step 0 is when
the manifests of other jobs have been read for the first time. Its lock expires after 2 s instead of
15, and it deletes eight objects per request, so that several requests are needed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from glasses.config.settings import Settings
from glasses.jobs import removal
from glasses.storage.object_store import ObjectStore
from infra.local.workers import environment
from producer.main import main

LOCK_SECONDS = 2
_delete = ObjectStore.delete
_clear_notes = removal.forget_locations
_requests = 0


def delete(self: ObjectStore, keys: Iterable[str]) -> int:
    """Delete objects; stop before or after the chosen request."""
    global _requests
    names = list(keys)
    if not any(name.startswith(("images/", "packs/")) for name in names):
        return _delete(self, names)
    _requests += 1
    suspend(f"before {_requests}")
    found = _delete(self, names)
    suspend(f"after {_requests}")
    return found


def clear_notes(*args: Any) -> None:
    suspend("before 0")
    _clear_notes(*args)
    suspend("after 0")


def suspend(step: str) -> None:
    if os.environ["TEST_SUSPEND"] == step:
        os.environ["TEST_SUSPEND"] = "never again"
        os.kill(os.getpid(), signal.SIGSTOP)


def suspended_removal(settings: Settings, job_id: str, step: str) -> subprocess.Popen[str]:
    """Start a removal, and return once it has suspended itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.suspended_removal", "rm", job_id],
        env=os.environ | environment(settings) | {"TEST_SUSPEND": step},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), process.communicate()
    return process


if __name__ == "__main__":
    removal._LOCK_SECONDS = LOCK_SECONDS
    removal._BATCH = 8
    removal.forget_locations = clear_notes
    ObjectStore.delete = delete  # type: ignore[method-assign]
    main()

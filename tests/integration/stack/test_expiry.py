from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from glasses.object_store import ObjectStore
from glasses.settings import Settings, load_settings
from infra.local import expiry
from infra.local.stack import down, up

LATER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from glasses.settings import load_settings
from infra.local import expiry, supervisor

class Later(datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + timedelta(days=float(sys.argv[2]))

expiry.datetime = Later
home = Path(sys.argv[1])
with supervisor.only_supervisor(home):
    supervisor.Supervisor(home, 0, load_settings(), lambda _: print("ready", flush=True)).run()
"""
SECONDS = 20


def run_later(home: Path, days: float) -> subprocess.Popen[str]:
    """The stack's supervisor, so many days later, serving."""
    argv = [sys.executable, "-c", LATER, str(home), str(days)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_what_was_put_earlier_goes_what_was_put_later_stays(settings: Settings, home: Path) -> None:
    store = ObjectStore(load_settings(**up(home, 0, settings).stack.settings))
    store.put("images/old", b"photo")
    store.put("jobs/old/job.json", b"{}")
    time.sleep(2.5)  # S3 tells whole seconds
    store.put("images/new", b"photo")
    assert expiry.delete_old(store, 1.5) == 2
    assert list(store.keys("")) == ["images/new"]
    down(home)


def test_a_stack_that_starts_after_the_retention_deletes_photos(
    home: Path, settings: Settings
) -> None:
    stack = up(home, 0, settings).stack
    ObjectStore(load_settings(**stack.settings)).put("images/one", b"photo")
    down(home)

    store = ObjectStore(load_settings(**stack.settings))
    process = run_later(home, settings.retention_days - 0.5)
    try:
        time.sleep(2)
        assert list(store.keys("")) == ["images/one"], "half a day too early"
    finally:
        process.terminate()
        process.communicate()

    process = run_later(home, settings.retention_days + 0.5)
    try:
        deadline = time.monotonic() + SECONDS
        while list(store.keys("")):
            assert time.monotonic() < deadline, "it did not expire"
            time.sleep(0.1)
    finally:
        process.terminate()
        process.communicate()

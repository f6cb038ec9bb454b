from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from glasses.config.settings import Settings, load_settings
from glasses.ledger import keys
from glasses.ledger.redis_client import connect
from glasses.storage.object_store import ObjectStore
from infra.local.stack import down, up
from tests.support.wait import wait_until

LATER = """
import sys
from datetime import timedelta
from pathlib import Path
from glasses.config.settings import load_settings
from glasses.storage.object_store import ObjectStore
from infra.local import expiry, requests, supervisor

expiry.LOCK_SECONDS = 1
now = ObjectStore.now
ObjectStore.now = lambda store: now(store) + timedelta(days=float(sys.argv[2]))
home = Path(sys.argv[1])
requests.ask(home, requests.Kind.UP)
with supervisor.only_supervisor(home):
    supervisor.Supervisor(home, 0, load_settings(), lambda _: print("ready", flush=True)).run()
"""


def run_later(home: Path, days: float) -> subprocess.Popen[str]:
    """Run the supervisor of the stack with a clock some days ahead."""
    argv = [sys.executable, "-c", LATER, str(home), str(days)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_stack_that_starts_after_the_retention_deletes_photos(
    home: Path, settings: Settings
) -> None:
    stack = up(home, 0, settings).stack
    ObjectStore(load_settings(**stack.settings)).put("jobs/aaaaaaaa/job.json", b"{")
    with connect(load_settings(**stack.settings)) as redis:
        redis.set(keys.lock("expiry"), "a stack that was stopped during its round", ex=15)
    down(home)

    store = ObjectStore(load_settings(**stack.settings))
    process = run_later(home, settings.retention_days - 0.5)
    try:
        time.sleep(2)
        assert list(store.keys("")) == ["jobs/aaaaaaaa/job.json"], "half a day too early"
    finally:
        process.terminate()
        process.communicate()

    process = run_later(home, settings.retention_days + 0.5)
    try:
        wait_until(lambda: not list(store.keys("")))
    finally:
        process.terminate()
        process.communicate()

"""Jobs expire after their own retention on every S3 server, whether or not it applies rules."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.jobs.expiry import ExpiryReport, expire
from glasses.ledger import Ledger, keys
from glasses.ledger.owned_lock import owned_lock
from glasses.protocol.schemas import JobSpec, ManifestEntry
from glasses.storage.manifest import ManifestStore, stored_jobs
from glasses.storage.object_store import ObjectStore
from tests.chaos.clock import INSTALL, find_library
from tests.support.commands import glasses
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.stored_photos import stored
from tests.support.wait import wait_until

OLD = "0123456789abcdef" * 2
"""The pack of the stored job."""


def store_job(client: Client, job_id: str, retention_seconds: int, created: float) -> None:
    """Store a job of one photo, which Redis does not know."""
    manifests = ManifestStore(client.store)
    manifests.write_spec(
        JobSpec(
            job_id=job_id, name="n", created=created, chunk_size=4,
            retention_seconds=retention_seconds,
        )
    )  # fmt: skip
    entry = ManifestEntry(image="a.jpg", sha256="0" * 64, size=4, pack=OLD, offset=0)
    manifests.write_segment(job_id, 0, [entry])
    client.store.put(f"packs/{OLD}", b"data")


def wait_until_a_second_old(client: Client) -> None:
    """Wait until a stored job with a retention of one second has expired."""
    changed = max(job.changed for job in stored_jobs(client.store))
    wait_until(lambda: client.store.now() >= changed + timedelta(seconds=1))


def run(client: Client) -> ExpiryReport:
    client.redis.delete(keys.SWEPT)
    return expire(client.settings, client.redis, client.store)


def let_pass(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Advance the clock of the object store."""
    now = ObjectStore.now

    def later(store: ObjectStore) -> datetime:
        return now(store) + timedelta(days=days)

    monkeypatch.setattr(ObjectStore, "now", later)


def submit(client: Client, folder: Path, days: int) -> Job:
    with Client(client.settings.model_copy(update={"retention_days": days})) as other:
        return client.job(other.submit([folder]).id)


def test_each_job_expires_by_its_own_retention_and_leaves_shared_photos(
    client: Client, demo_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 6)
    short = submit(client, folder, 1)
    (folder / "0000.jpg").rename(tmp_path / "0000.jpg")
    (folder / "0001.jpg").unlink()
    long = submit(client, tmp_path / "0000.jpg", 30)
    everything = stored(client)
    let_pass(monkeypatch, 1.1)
    assert run(client).jobs == [], "Redis knows both"
    for job in (short, long):
        Ledger(client.redis).forget(job.id)  # as when its keys expire
    assert run(client) == ExpiryReport([short.id], photos=5, kept=1)
    (kept,) = stored(client).items()
    assert kept in everything.items()
    assert kept[1] == (tmp_path / "0000.jpg").read_bytes()
    let_pass(monkeypatch, 28.8)
    assert run(client).jobs == []
    let_pass(monkeypatch, 0.2)
    assert run(client) == ExpiryReport([long.id], photos=1)
    assert stored_keys(client) == []


@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_clock_of_the_object_store_decides(
    minutes: int, client: Client, settings: Settings
) -> None:
    library = find_library()
    if library is None:
        pytest.skip(INSTALL)
    wrong = {"LD_PRELOAD": str(library), "FAKETIME": f"{minutes:+d}m"}
    store_job(client, "aaaaaaaa", 300, created=time.time() - 86_400)
    store_job(client, "bbbbbbbb", 1, created=time.time() + 86_400)
    wait_until_a_second_old(client)
    done = glasses("expire", "--json", settings=settings, variables=wrong)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["jobs"] == ["bbbbbbbb"]
    client.store.delete(client.store.keys(""))


def test_photos_without_a_job_are_deleted_after_twice_the_longest_retention(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_job(client, "aaaaaaaa", 20 * 86_400, created=time.time())
    orphans = {f"packs/{'f' * 32}", f"images/{'a' * 64}", f"images/{'e' * 32}.{'a' * 64}"}
    foreign = {"packs/notes.txt", "holiday/a.jpg", f"images/{OLD}.{'0' * 64}"}
    for key in orphans | foreign:
        client.store.put(key, b"x")
    let_pass(monkeypatch, 19)
    assert run(client) == ExpiryReport()
    Ledger(client.redis).create(
        JobSpec(
            job_id="aaaaaaaa", name="n", created=0, chunk_size=4, retention_seconds=20 * 86_400
        ),
        None,
        None,
    )
    let_pass(monkeypatch, 20)
    assert run(client) == ExpiryReport()
    let_pass(monkeypatch, 2)
    assert run(client) == ExpiryReport(orphans=3)
    assert foreign <= set(stored_keys(client))
    assert f"packs/{OLD}" in stored_keys(client)
    client.store.delete(client.store.keys(""))


def test_one_process_at_a_time_deletes_expired_jobs(client: Client, settings: Settings) -> None:
    store_job(client, "aaaaaaaa", 1, created=0)
    wait_until_a_second_old(client)
    with owned_lock(client.redis, keys.lock("expiry"), 10, 0):
        done = glasses("expire", settings=settings)
    assert (done.returncode, done.stdout) == (0, "")
    assert "another process is deleting" in done.stderr
    done = glasses("expire", settings=settings)
    assert done.stdout == "jobs expired: aaaaaaaa; photos deleted: 1\n"
    assert glasses("expire", settings=settings).stdout == "nothing has expired\n"
    assert stored_keys(client) == []

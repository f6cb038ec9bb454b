"""Packs are transparent: removing, resuming and rebuilding work per photo."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.jobs import submission
from glasses.jobs.submission import SubmissionProgress
from glasses.ledger import keys
from glasses.protocol.schemas import JobSpec, ManifestEntry
from glasses.storage.manifest import ManifestStore
from glasses.storage.object_store import IMAGES, PACKS, image_key
from tests.support.archives import packed
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.stored_photos import delete_stored, stored
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
COUNT = 40


@pytest.fixture
def collection(demo_photos: Path, tmp_path: Path) -> Path:
    """Return a folder of forty small photos with glasses."""
    return photos(tmp_path / "collection", demo_photos / "hopper.jpg", COUNT)


def objects(client: Client) -> tuple[int, int]:
    """Return the number of packs and of photos stored as single objects."""
    return len(list(client.store.keys(PACKS))), len(list(client.store.keys(IMAGES)))


def contents(folder: Path) -> dict[str, bytes]:
    found = [path.read_bytes() for path in sorted(folder.iterdir())]
    return {hashlib.sha256(data).hexdigest(): data for data in found}


def test_small_photos_share_packs_and_large_photos_have_one_object_each(
    client: Client, start_worker: StartWorker, demo_photos: Path, collection: Path
) -> None:
    large = photos(collection.parent / "large", demo_photos / "hopper-12-megapixels.jpg", 2)
    job = client.submit([collection, large])
    packs, alone = objects(client)
    assert 1 + 2 <= packs <= 4 + 2
    assert alone == 0
    assert stored(client) == contents(collection) | contents(large)
    start_worker()
    assert job.wait(60).with_glasses == COUNT + 2
    assert job.remove() == COUNT + 2
    assert stored_keys(client) == []


def test_removing_a_job_keeps_the_photos_of_its_pack_that_another_job_needs(
    client: Client, start_worker: StartWorker, collection: Path
) -> None:
    whole = client.submit([collection])
    some = sorted(collection.iterdir())[3:8]
    part = client.submit(some)
    assert objects(client)[1] == 0, "the second job sends nothing"
    assert whole.remove() == COUNT - 5
    assert stored(client).keys() == {hashlib.sha256(p.read_bytes()).hexdigest() for p in some}
    assert objects(client) == (0, 5)
    start_worker()
    assert part.wait(60).with_glasses == 5
    seen: list[SubmissionProgress] = []
    again = client.submit(some, on_progress=seen.append)
    assert (seen[-1].known, seen[-1].uploaded) == (5, 5)
    assert (part.remove(), again.remove()) == (0, 5)
    assert stored_keys(client) == []


def test_photos_lost_with_a_pack_are_uploaded_again(client: Client, collection: Path) -> None:
    whole = client.submit([collection])
    some = sorted(collection.iterdir())[:5]
    client.submit(some)
    client.store.delete(client.store.keys(PACKS))
    whole.remove()
    seen: list[SubmissionProgress] = []
    client.submit(some, on_progress=seen.append)
    assert (seen[-1].uploaded, seen[-1].present) == (5, 0)


def test_removing_a_job_that_only_reuses_a_pack_keeps_the_pack(
    client: Client, collection: Path
) -> None:
    whole = client.submit([collection])
    part = client.submit(sorted(collection.iterdir())[:5])
    before = objects(client)
    assert part.remove() == 0
    assert objects(client) == before
    assert len(stored(client)) == COUNT
    whole.remove()
    assert stored_keys(client) == []


def test_photos_removed_between_planning_and_upload_are_sent_in_a_new_pack(
    client: Client, start_worker: StartWorker, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.submit([collection])
    write = ManifestStore.write_segment

    def remove_first(files: ManifestStore, *arguments: Any) -> None:
        monkeypatch.undo()
        whole.remove()  # after the look, before anybody can see what the new job needs
        write(files, *arguments)

    monkeypatch.setattr(ManifestStore, "write_segment", remove_first)
    seen: list[SubmissionProgress] = []
    part = client.submit(sorted(collection.iterdir())[:5], on_progress=seen.append)
    assert (seen[-1].present, seen[-1].uploaded) == (0, 5)
    assert objects(client) == (1, 0)
    start_worker()
    assert part.wait(60).with_glasses == 5
    part.remove()
    assert stored_keys(client) == []


def test_a_removal_after_the_manifest_is_written_keeps_the_photos_that_it_names(
    client: Client, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.submit([collection])
    write = ManifestStore.write_segment

    def remove_then(files: ManifestStore, *arguments: Any) -> None:
        monkeypatch.undo()
        write(files, *arguments)
        whole.remove()  # it dissolves the pack, so the new job no longer finds it

    monkeypatch.setattr(ManifestStore, "write_segment", remove_then)
    part = client.submit(sorted(collection.iterdir())[:5])
    assert len(stored(client)) == 5
    part.remove()


@pytest.mark.parametrize("kept", [True, False], ids=["kept in memory", "read again"])
def test_a_photo_that_changes_during_submission_does_not_harm_its_pack(
    client: Client,
    start_worker: StartWorker,
    collection: Path,
    monkeypatch: pytest.MonkeyPatch,
    kept: bool,
) -> None:
    if not kept:
        monkeypatch.setattr(submission, "KEPT_BYTES", 0)
    write = ManifestStore.write_segment

    def change_first(files: ManifestStore, *arguments: Any) -> None:
        (collection / "0007.jpg").write_bytes(b"\xff\xd8\xff another photo")
        write(files, *arguments)

    monkeypatch.setattr(ManifestStore, "write_segment", change_first)
    job = client.submit([collection])
    start_worker()
    status = job.wait(60)
    changed = {} if kept else {"0007.jpg": "changed"}
    assert (status.with_glasses, status.failed) == (COUNT - len(changed), len(changed))
    assert {v.image: v.reason for v in job.verdicts() if v.reason} == changed


def test_a_lost_ledger_is_rebuilt_from_whole_and_dissolved_packs(
    client: Client, start_worker: StartWorker, collection: Path
) -> None:
    job = client.submit([collection])
    first = hashlib.sha256((collection / "0000.jpg").read_bytes()).hexdigest()
    delete_stored(client, first)
    client.redis.flushdb()
    client.reconcile(job.id)
    start_worker()
    status = job.wait(60)
    assert (status.with_glasses, status.failed) == (COUNT - 1, 1)
    assert {v.image: v.reason for v in job.verdicts() if v.reason} == {"0000.jpg": "vanished"}
    again = client.submit([collection / "0000.jpg"])
    assert again.wait(60).with_glasses == 1


def test_a_job_from_before_packs_is_classified(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    data = (demo_photos / "hopper.jpg").read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    spec = JobSpec(
        schema_version=1, job_id="abcd2345", name="old", created=1.0, chunk_size=32,
        retention_seconds=600,
    )  # fmt: skip
    files = ManifestStore(client.store)
    files.write_spec(spec)
    files.write_segment(
        spec.job_id, 0, [ManifestEntry(image="a.jpg", sha256=sha256, size=len(data))]
    )
    client.store.put(image_key(sha256), data)
    client.reconcile(spec.job_id)
    start_worker()
    # The job ends half a minute later: its manifest does not say that its submitter has finished.
    wait_until(lambda: client.job(spec.job_id).status().with_glasses == 1)


def test_pack_locations_fit_redis_compact_hash_encoding(client: Client, collection: Path) -> None:
    client.submit([collection])
    redis: Any = client.redis
    found = list(redis.scan_iter(match=keys.photo("*")))
    assert len(found) == COUNT
    assert {redis.object("encoding", key) for key in found} == {"listpack"}


def in_time(act: Callable[[], Any]) -> Any:
    """Return the result of a call; fail the test on a deadlock."""
    found: list[Any] = []
    thread = Thread(target=lambda: found.append(act()), daemon=True)
    thread.start()
    thread.join(60)
    assert found, "it does not end"
    return found[0]


@pytest.fixture
def slim(settings: Settings) -> Iterator[Client]:
    """Yield a client with a single upload thread."""
    with Client(settings.model_copy(update={"upload_threads": 1})) as found:
        yield found


def test_a_tar_of_alternating_small_and_large_photos_is_uploaded(
    slim: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    small = (demo_photos / "hopper.jpg").read_bytes()
    data = {
        f"{number:02}.jpg": small + str(number).encode() + bytes(300_000 * (number in {3, 4, 9}))
        for number in range(20)
    }
    path = packed(tmp_path / "photos.tar", data, "tar")
    job = in_time(lambda: slim.submit([path]))
    assert objects(slim) == (4 + 3, 0), "of 3, 4, 6 and (in the next chunk) 4; three are large"
    assert stored(slim) == {hashlib.sha256(d).hexdigest(): d for d in data.values()}
    start_worker()
    assert job.wait(60).with_glasses == 20


def test_a_tar_is_uploaded_while_a_job_with_some_of_its_photos_is_removed(
    slim: Client, start_worker: StartWorker, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(collection.iterdir())
    part = slim.submit(names[3:8])
    path = packed(collection.parent / "photos.tar", {p.name: p.read_bytes() for p in names}, "tar")
    write = ManifestStore.write_segment

    def remove_first(files: ManifestStore, *arguments: Any) -> None:
        monkeypatch.undo()
        part.remove()
        write(files, *arguments)

    monkeypatch.setattr(ManifestStore, "write_segment", remove_first)
    job = in_time(lambda: slim.submit([path]))
    assert stored(slim) == contents(collection)
    start_worker()
    assert job.wait(60).with_glasses == COUNT

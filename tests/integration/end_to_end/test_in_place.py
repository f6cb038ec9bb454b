"""`--in-place` uploads nothing, touches no file and returns the same rows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.errors import UsageError
from glasses.jobs.submission import SubmissionProgress
from glasses.ledger import keys
from glasses.sources.arguments import PhotoSelection
from glasses.storage.object_store import IMAGES, PACKS
from tests.support.archives import contents, packed
from tests.support.commands import glasses
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.stored_photos import stored
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
COUNT = 20


@pytest.fixture
def collection(demo_photos: Path, tmp_path: Path) -> Path:
    """Return a folder of twenty small photos with glasses."""
    return photos(tmp_path / "collection", demo_photos / "hopper.jpg", COUNT)


def sent(client: Client) -> list[str]:
    return [*client.store.keys(IMAGES), *client.store.keys(PACKS)]


def reasons(job: Job) -> dict[str, str | None]:
    return {v.image: v.reason for v in job.verdicts() if v.reason}


def test_nothing_is_uploaded_and_the_rows_equal_those_of_classify(
    settings: Settings, client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker(read_folders=str(demo_photos))
    done = glasses("submit", str(demo_photos), "--in-place", "--wait", settings=settings)
    assert done.returncode == 1, done.stderr  # some demo photos must fail
    assert "left in place: keep them until the job has finished" in done.stderr
    found = glasses("results", done.stdout.strip(), "--format", "jsonl", settings=settings)
    here = glasses("classify", str(demo_photos), "--format", "jsonl")
    assert found.stdout == here.stdout
    assert len(found.stdout.splitlines()) == 22
    assert sent(client) == []


def test_removing_a_job_keeps_the_files_and_deletes_their_results(
    settings: Settings, client: Client, start_worker: StartWorker, collection: Path
) -> None:
    start_worker(read_folders=str(collection))
    before = contents(collection)
    job = client.submit([collection], in_place=True)
    assert job.wait(60).with_glasses == COUNT
    removed = glasses("rm", job.id, settings=settings)
    assert removed.stdout == f"job {job.id} removed, with 0 photos; {COUNT} left in place\n"
    assert contents(collection) == before
    assert stored_keys(client) == []
    assert list(client.redis.scan_iter(keys.photo("*"))) == []


@pytest.mark.parametrize("first_in_place", [True, False])
def test_an_in_place_job_shares_results_but_not_uploaded_bytes(
    client: Client, start_worker: StartWorker, collection: Path, first_in_place: bool
) -> None:
    start_worker(read_folders=str(collection))
    jobs = {}
    for in_place in (first_in_place, not first_in_place):
        jobs[in_place] = client.submit([collection], in_place=in_place)
        assert jobs[in_place].wait(60).with_glasses == COUNT
    jobs[False].remove()
    assert sent(client) == []
    seen: list[SubmissionProgress] = []
    again = client.submit([collection], on_progress=seen.append)
    assert (seen[-1].known, seen[-1].uploaded, seen[-1].present) == (COUNT, COUNT, 0)
    jobs[True].remove()
    assert again.status().with_glasses == COUNT
    again.remove()
    assert list(client.redis.scan_iter(keys.photo("*"))) == []


def test_photos_classified_in_place_are_uploaded_by_a_later_submit(
    client: Client, start_worker: StartWorker, collection: Path, tmp_path: Path
) -> None:
    worker = start_worker(read_folders=str(collection))
    assert client.submit([collection], in_place=True).wait(60).with_glasses == COUNT
    zip_ = packed(tmp_path / "collection.zip", contents(collection), "zip")
    before = client.preview(PhotoSelection([str(zip_)]))
    assert (before.to_upload, before.known, before.to_classify) == (COUNT, COUNT, 0)
    seen: list[SubmissionProgress] = []
    job = client.submit([zip_], on_progress=seen.append)
    assert (seen[-1].uploaded, seen[-1].known) == (COUNT, COUNT)
    assert job.status().with_glasses == COUNT
    assert set(stored(client).values()) == set(contents(collection).values())
    again = client.submit([zip_], on_progress=seen.append)
    assert (seen[-1].uploaded, seen[-1].known) == (0, COUNT)
    again.remove()

    worker.stop()  # if Redis loses everything, the photos are classified again
    shutil.rmtree(collection)
    client.redis.flushdb()
    client.reconcile()
    start_worker()
    assert job.wait(60).with_glasses == COUNT


def test_removing_an_in_place_job_keeps_uploads_of_other_jobs(
    client: Client, start_worker: StartWorker, collection: Path
) -> None:
    uploaded = client.submit([collection])
    before = sent(client)
    client.submit([collection], in_place=True).remove()
    assert sent(client) == before
    start_worker()
    assert uploaded.wait(60).with_glasses == COUNT


def test_a_file_that_changes_meanwhile_fails_alone(
    client: Client, start_worker: StartWorker, collection: Path, demo_photos: Path
) -> None:
    job = client.submit([collection], in_place=True)
    (collection / "0003.jpg").unlink()
    with (collection / "0004.jpg").open("ab") as file:
        file.write(b"more")
    (collection / "0005.jpg").write_bytes((demo_photos / "collins.jpg").read_bytes())
    (collection / "0006.jpg").unlink()
    os.mkfifo(collection / "0006.jpg")
    (collection / "0007.jpg").unlink()
    (collection / "0007.jpg").symlink_to(shutil.copy(demo_photos / "hopper.jpg", collection.parent))
    start_worker(read_folders=str(collection))
    status = job.wait(60)
    assert (status.with_glasses, status.failed) == (COUNT - 5, 5)
    assert reasons(job) == {
        "0003.jpg": "vanished",
        "0004.jpg": "changed",
        "0005.jpg": "changed",
        "0006.jpg": "unreadable",
        "0007.jpg": "out_of_reach",
    }


def test_a_file_whose_duplicate_is_gone_still_has_a_verdict(
    client: Client, start_worker: StartWorker, collection: Path
) -> None:
    for name in ("0000", "0001"):
        shutil.copy(collection / f"{name}.jpg", collection / f"{name}-twin.jpg")
    job = client.submit([collection], in_place=True)
    (collection / "0000.jpg").unlink()
    (collection / "0001-twin.jpg").unlink()
    start_worker(read_folders=str(collection))
    job.wait(60)
    assert reasons(job).keys() <= {"0000.jpg", "0001-twin.jpg"}


def test_an_archive_among_the_arguments_is_uploaded(
    client: Client, start_worker: StartWorker, collection: Path, tmp_path: Path
) -> None:
    start_worker(read_folders=str(collection))
    other = photos(tmp_path / "other", next(collection.iterdir()), 3, "packed")
    inside = contents(other) | {
        f"twin-{n}": data for n, data in list(contents(collection).items())[:2]
    }
    zip_ = packed(tmp_path / "some.zip", inside, "zip")
    seen: list[SubmissionProgress] = []
    job = client.submit([collection, zip_], in_place=True, on_progress=seen.append)
    assert (seen[-1].in_place, seen[-1].uploaded) == (COUNT, 5)
    assert job.wait(60).with_glasses == COUNT + 5


def test_a_worker_without_access_to_the_folder_is_named_before_anything_is_queued(
    settings: Settings, client: Client, start_worker: StartWorker, collection: Path
) -> None:
    start_worker(read_folders=str(collection))
    start_worker(read_folders=f"{collection}s{os.pathsep}{collection / 'some'}")
    refused = glasses("submit", str(collection), "--in-place", settings=settings)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (
        f"does not read {collection} (it reads {collection}s, {collection / 'some'})"
        in refused.stderr
    )
    with pytest.raises(UsageError, match="does not read"):
        client.submit([collection / "0000.jpg"], in_place=True)
    dry = glasses("submit", str(collection), "--in-place", "--dry-run", settings=settings)
    assert dry.returncode == 2
    names = "\n".join(map(str, collection.iterdir()))
    listed = glasses("submit", "-", "--in-place", stdin=names, settings=settings)
    assert (listed.returncode, listed.stdout) == (2, "")
    assert client.jobs() == []


def test_a_later_worker_without_access_to_the_folder_fails_the_photos_by_name(
    client: Client, start_worker: StartWorker, collection: Path
) -> None:
    job = client.submit([collection], in_place=True)
    other = collection.parent / "other"
    worker = start_worker(read_folders=str(other))
    assert job.wait(60).failed == COUNT
    assert set(reasons(job).values()) == {"out_of_reach"}
    worker.stop()
    log = worker.log.read_text()
    assert f"read_folders: {other} is not a directory" in log
    assert log.count(f"out of reach: add {collection} to read_folders") == 1
    start_worker(read_folders=str(collection))
    assert client.submit([collection], in_place=True).wait(60).with_glasses == COUNT


def test_a_lost_ledger_is_rebuilt_and_the_files_are_read_again(
    client: Client, start_worker: StartWorker, collection: Path
) -> None:
    job = client.submit([collection], in_place=True)
    client.redis.flushdb()
    client.reconcile(job.id)
    start_worker(read_folders=str(collection))
    assert job.wait(60).with_glasses == COUNT


def test_a_dry_run_counts_the_photos_left_in_place(settings: Settings, collection: Path) -> None:
    told = glasses("submit", str(collection), "--in-place", "--dry-run", settings=settings)
    assert f"{COUNT} left in place" in told.stdout
    assert "to upload  0, 0 bytes" in told.stdout

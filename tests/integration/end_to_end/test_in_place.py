"""`--in-place`: nothing is uploaded, no file is touched, the rows are the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses import keys
from glasses.client import Client, Job
from glasses.errors import UsageError
from glasses.object_store import IMAGES, PACKS
from glasses.settings import Settings
from glasses.sources.arguments import Wanted
from glasses.submission import Progress
from tests.support.archives import contents, packed
from tests.support.commands import glasses
from tests.support.photos import photos
from tests.support.stored import stored
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
COUNT = 20


@pytest.fixture
def pile(demo_photos: Path, tmp_path: Path) -> Path:
    """Twenty small photos with glasses."""
    return photos(tmp_path / "pile", demo_photos / "hopper.jpg", COUNT)


def sent(client: Client) -> list[str]:
    return [*client.store.keys(IMAGES), *client.store.keys(PACKS)]


def reasons(job: Job) -> dict[str, str | None]:
    return {v.image: v.reason for v in job.verdicts() if v.reason}


def test_nothing_is_uploaded_and_the_rows_are_those_of_classify(
    settings: Settings, client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker(read_folders=str(demo_photos))
    done = glasses("submit", str(demo_photos), "--in-place", "--wait", settings=settings)
    assert done.returncode == 1, done.stderr  # some demo photos must fail
    assert "left in place: keep them until the job has ended" in done.stderr
    found = glasses("results", done.stdout.strip(), "--format", "jsonl", settings=settings)
    here = glasses("classify", str(demo_photos), "--format", "jsonl")
    assert found.stdout == here.stdout
    assert len(found.stdout.splitlines()) == 23
    assert sent(client) == []


def test_removing_a_job_leaves_the_files_and_forgets_what_is_known_of_them(
    settings: Settings, client: Client, start_worker: StartWorker, pile: Path
) -> None:
    start_worker(read_folders=str(pile))
    before = contents(pile)
    job = client.submit([pile], in_place=True)
    assert job.wait(60).with_glasses == COUNT
    removed = glasses("rm", job.id, settings=settings)
    assert removed.stdout == f"job {job.id} removed, with 0 photos; {COUNT} left where they lie\n"
    assert contents(pile) == before
    assert list(client.store.keys("")) == []
    assert list(client.redis.scan_iter(keys.photo("*"))) == []


@pytest.mark.parametrize("first_in_place", [True, False])
def test_a_job_in_place_keeps_no_other_jobs_bytes_but_what_was_found(
    client: Client, start_worker: StartWorker, pile: Path, first_in_place: bool
) -> None:
    start_worker(read_folders=str(pile))
    jobs = {}
    for in_place in (first_in_place, not first_in_place):
        jobs[in_place] = client.submit([pile], in_place=in_place)
        assert jobs[in_place].wait(60).with_glasses == COUNT
    jobs[False].remove()
    assert sent(client) == []
    seen: list[Progress] = []
    again = client.submit([pile], on_progress=seen.append)
    assert (seen[-1].known, seen[-1].uploaded, seen[-1].present) == (COUNT, COUNT, 0)
    jobs[True].remove()
    assert again.status().with_glasses == COUNT
    again.remove()
    assert list(client.redis.scan_iter(keys.photo("*"))) == []


def test_what_is_known_from_a_job_in_place_is_uploaded_when_it_is_submitted(
    client: Client, start_worker: StartWorker, pile: Path, tmp_path: Path
) -> None:
    worker = start_worker(read_folders=str(pile))
    assert client.submit([pile], in_place=True).wait(60).with_glasses == COUNT
    zip_ = packed(tmp_path / "pile.zip", contents(pile), "zip")
    before = client.preview(Wanted([str(zip_)]))
    assert (before.to_upload, before.known, before.to_classify) == (COUNT, COUNT, 0)
    seen: list[Progress] = []
    job = client.submit([zip_], on_progress=seen.append)
    assert (seen[-1].uploaded, seen[-1].known) == (COUNT, COUNT)
    assert job.status().with_glasses == COUNT
    assert set(stored(client).values()) == set(contents(pile).values())
    again = client.submit([zip_], on_progress=seen.append)
    assert (seen[-1].uploaded, seen[-1].known) == (0, COUNT)
    again.remove()

    worker.stop()  # and if Redis loses everything, the photos are looked at again
    shutil.rmtree(pile)
    client.redis.flushdb()
    client.reconcile()
    start_worker()
    assert job.wait(60).with_glasses == COUNT


def test_removing_a_job_in_place_leaves_what_another_has_uploaded(
    client: Client, start_worker: StartWorker, pile: Path
) -> None:
    uploaded = client.submit([pile])
    before = sent(client)
    client.submit([pile], in_place=True).remove()
    assert sent(client) == before
    start_worker()
    assert uploaded.wait(60).with_glasses == COUNT


def test_what_happens_to_a_file_meanwhile_is_told_and_costs_no_other(
    client: Client, start_worker: StartWorker, pile: Path, demo_photos: Path
) -> None:
    job = client.submit([pile], in_place=True)
    (pile / "0003.jpg").unlink()
    with (pile / "0004.jpg").open("ab") as file:
        file.write(b"more")
    (pile / "0005.jpg").write_bytes((demo_photos / "collins.jpg").read_bytes())
    (pile / "0006.jpg").unlink()
    os.mkfifo(pile / "0006.jpg")
    (pile / "0007.jpg").unlink()
    (pile / "0007.jpg").symlink_to(shutil.copy(demo_photos / "hopper.jpg", pile.parent))
    start_worker(read_folders=str(pile))
    status = job.wait(60)
    assert (status.with_glasses, status.failed) == (COUNT - 5, 5)
    assert reasons(job) == {
        "0003.jpg": "vanished",
        "0004.jpg": "changed",
        "0005.jpg": "changed",
        "0006.jpg": "unreadable",
        "0007.jpg": "out_of_reach",
    }


def test_a_file_whose_twin_is_gone_has_its_verdict(
    client: Client, start_worker: StartWorker, pile: Path
) -> None:
    for name in ("0000", "0001"):
        shutil.copy(pile / f"{name}.jpg", pile / f"{name}-twin.jpg")
    job = client.submit([pile], in_place=True)
    (pile / "0000.jpg").unlink()
    (pile / "0001-twin.jpg").unlink()
    start_worker(read_folders=str(pile))
    job.wait(60)
    assert reasons(job).keys() <= {"0000.jpg", "0001-twin.jpg"}


def test_an_archive_beside_is_uploaded(
    client: Client, start_worker: StartWorker, pile: Path, tmp_path: Path
) -> None:
    start_worker(read_folders=str(pile))
    other = photos(tmp_path / "other", next(pile.iterdir()), 3, "packed")
    inside = contents(other) | {f"twin-{n}": data for n, data in list(contents(pile).items())[:2]}
    zip_ = packed(tmp_path / "some.zip", inside, "zip")
    seen: list[Progress] = []
    job = client.submit([pile, zip_], in_place=True, on_progress=seen.append)
    assert (seen[-1].in_place, seen[-1].uploaded) == (COUNT, 5)
    assert job.wait(60).with_glasses == COUNT + 5


def test_a_worker_that_does_not_read_there_is_named_before_anything_is_sent(
    settings: Settings, client: Client, start_worker: StartWorker, pile: Path
) -> None:
    start_worker(read_folders=str(pile))
    start_worker(read_folders=f"{pile}s{os.pathsep}{pile / 'some'}")
    refused = glasses("submit", str(pile), "--in-place", settings=settings)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"does not read {pile} (it reads {pile}s, {pile / 'some'})" in refused.stderr
    with pytest.raises(UsageError, match="does not read"):
        client.submit([pile / "0000.jpg"], in_place=True)
    dry = glasses("submit", str(pile), "--in-place", "--dry-run", settings=settings)
    assert dry.returncode == 2
    names = "\n".join(map(str, pile.iterdir()))
    listed = glasses("submit", "-", "--in-place", stdin=names, settings=settings)
    assert (listed.returncode, listed.stdout) == (2, "")
    assert client.jobs() == []


def test_a_worker_that_comes_later_and_does_not_read_there_says_so(
    client: Client, start_worker: StartWorker, pile: Path
) -> None:
    job = client.submit([pile], in_place=True)
    other = pile.parent / "other"
    worker = start_worker(read_folders=str(other))
    assert job.wait(60).failed == COUNT
    assert set(reasons(job).values()) == {"out_of_reach"}
    worker.stop()
    log = worker.log.read_text()
    assert f"read_folders: {other} is no folder" in log
    assert log.count(f"out of reach: read_folders does not name {pile}") == 1
    start_worker(read_folders=str(pile))
    assert client.submit([pile], in_place=True).wait(60).with_glasses == COUNT


def test_a_lost_ledger_is_rebuilt_and_its_files_are_read_again(
    client: Client, start_worker: StartWorker, pile: Path
) -> None:
    job = client.submit([pile], in_place=True)
    client.redis.flushdb()
    client.reconcile(job.id)
    start_worker(read_folders=str(pile))
    assert job.wait(60).with_glasses == COUNT


def test_a_dry_run_says_what_would_stay(settings: Settings, pile: Path) -> None:
    told = glasses("submit", str(pile), "--in-place", "--dry-run", settings=settings)
    assert f"{COUNT} left where they lie" in told.stdout
    assert "to upload  0, 0 bytes" in told.stdout

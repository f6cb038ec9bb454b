"""Small photos travel together, and nobody notices: not who removes, resumes or rebuilds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from glasses import keys, submission
from glasses.client import Client
from glasses.job_files import JobFiles
from glasses.object_store import IMAGES, PACKS, image_key
from glasses.schemas import JobSpec, ManifestEntry
from glasses.settings import Settings
from glasses.submission import Progress
from tests.support.archives import packed
from tests.support.photos import photos
from tests.support.stored import lose, stored
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
COUNT = 40


@pytest.fixture
def pile(demo_photos: Path, tmp_path: Path) -> Path:
    """Forty small photos with glasses."""
    return photos(tmp_path / "pile", demo_photos / "hopper.jpg", COUNT)


def objects(client: Client) -> tuple[int, int]:
    """How many packs, and how many photos that lie alone."""
    return len(list(client.store.keys(PACKS))), len(list(client.store.keys(IMAGES)))


def contents(folder: Path) -> dict[str, bytes]:
    found = [path.read_bytes() for path in sorted(folder.iterdir())]
    return {hashlib.sha256(data).hexdigest(): data for data in found}


def test_small_photos_take_few_objects_and_large_ones_one_each(
    client: Client, start_worker: StartWorker, demo_photos: Path, pile: Path
) -> None:
    large = photos(pile.parent / "large", demo_photos / "hopper-12-megapixels.jpg", 2)
    job = client.submit([pile, large])
    packs, alone = objects(client)
    assert 1 <= packs <= 4
    assert alone == 2
    assert stored(client) == contents(pile) | contents(large)
    start_worker()
    assert job.wait(60).with_glasses == COUNT + 2
    assert job.remove() == COUNT + 2
    assert list(client.store.keys("")) == []


def test_a_pack_of_a_removed_job_leaves_what_another_needs(
    client: Client, start_worker: StartWorker, pile: Path
) -> None:
    whole = client.submit([pile])
    some = sorted(pile.iterdir())[3:8]
    part = client.submit(some)
    assert objects(client)[1] == 0, "the second job sends nothing"
    assert whole.remove() == COUNT - 5
    assert stored(client).keys() == {hashlib.sha256(p.read_bytes()).hexdigest() for p in some}
    assert objects(client) == (0, 5)
    start_worker()
    assert part.wait(60).with_glasses == 5
    seen: list[Progress] = []
    again = client.submit(some, on_progress=seen.append)
    assert (seen[-1].known, seen[-1].uploaded) == (5, 0)
    assert (part.remove(), again.remove()) == (0, 5)
    assert list(client.store.keys("")) == []


def test_what_was_lost_with_a_pack_is_sent_again_after_its_job_is_removed(
    client: Client, pile: Path
) -> None:
    whole = client.submit([pile])
    some = sorted(pile.iterdir())[:5]
    client.submit(some)
    client.store.delete(client.store.keys(PACKS))
    whole.remove()
    seen: list[Progress] = []
    client.submit(some, on_progress=seen.append)
    assert (seen[-1].uploaded, seen[-1].present) == (5, 0)


def test_removing_the_job_that_only_borrowed_leaves_the_pack(client: Client, pile: Path) -> None:
    whole = client.submit([pile])
    part = client.submit(sorted(pile.iterdir())[:5])
    before = objects(client)
    assert part.remove() == 0
    assert objects(client) == before
    assert len(stored(client)) == COUNT
    whole.remove()
    assert list(client.store.keys("")) == []


def test_what_is_removed_between_plan_and_upload_is_sent_alone(
    client: Client, start_worker: StartWorker, pile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.submit([pile])
    write = JobFiles.write_segment

    def remove_first(files: JobFiles, *arguments: Any) -> None:
        monkeypatch.undo()
        whole.remove()  # after the look, before anybody can see what the new job needs
        write(files, *arguments)

    monkeypatch.setattr(JobFiles, "write_segment", remove_first)
    seen: list[Progress] = []
    part = client.submit(sorted(pile.iterdir())[:5], on_progress=seen.append)
    assert (seen[-1].present, seen[-1].uploaded) == (0, 5)
    assert objects(client) == (0, 5)
    start_worker()
    assert part.wait(60).with_glasses == 5
    part.remove()
    assert list(client.store.keys("")) == []


@pytest.mark.parametrize("kept", [True, False], ids=["kept in memory", "read again"])
def test_a_photo_that_changes_while_it_is_submitted_costs_its_pack_nothing(
    client: Client,
    start_worker: StartWorker,
    pile: Path,
    monkeypatch: pytest.MonkeyPatch,
    kept: bool,
) -> None:
    if not kept:
        monkeypatch.setattr(submission, "KEPT_BYTES", 0)
    write = JobFiles.write_segment

    def change_first(files: JobFiles, *arguments: Any) -> None:
        (pile / "0007.jpg").write_bytes(b"\xff\xd8\xff another photo")
        write(files, *arguments)

    monkeypatch.setattr(JobFiles, "write_segment", change_first)
    job = client.submit([pile])
    start_worker()
    status = job.wait(60)
    changed = {} if kept else {"0007.jpg": "changed"}
    assert (status.with_glasses, status.failed) == (COUNT - len(changed), len(changed))
    assert {v.image: v.reason for v in job.verdicts() if v.reason} == changed


def test_a_lost_ledger_is_rebuilt_from_packs_and_from_what_is_left_of_them(
    client: Client, start_worker: StartWorker, pile: Path
) -> None:
    job = client.submit([pile])
    first = hashlib.sha256((pile / "0000.jpg").read_bytes()).hexdigest()
    lose(client, first)
    client.redis.flushdb()
    client.reconcile(job.id)
    start_worker()
    status = job.wait(60)
    assert (status.with_glasses, status.failed) == (COUNT - 1, 1)
    assert {v.image: v.reason for v in job.verdicts() if v.reason} == {"0000.jpg": "vanished"}
    again = client.submit([pile / "0000.jpg"])
    assert again.wait(60).with_glasses == 1


def test_a_job_of_the_version_before_packs_is_judged(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    data = (demo_photos / "hopper.jpg").read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    spec = JobSpec(
        schema_version=1, job_id="abcd2345", name="old", created=1.0, chunk_size=32,
        retention_seconds=600,
    )  # fmt: skip
    files = JobFiles(client.store)
    files.write_spec(spec)
    files.write_segment(
        spec.job_id, 0, [ManifestEntry(image="a.jpg", sha256=sha256, size=len(data))]
    )
    client.store.put(image_key(sha256), data)
    client.reconcile(spec.job_id)
    start_worker()
    assert client.job(spec.job_id).wait(60).with_glasses == 1


def test_a_pack_is_noted_in_redis_within_a_compact_hash(client: Client, pile: Path) -> None:
    client.submit([pile])
    redis: Any = client.redis
    found = list(redis.scan_iter(match=keys.photo("*")))
    assert len(found) == COUNT
    assert {redis.object("encoding", key) for key in found} == {"listpack"}


def in_time(act: Callable[[], Any]) -> Any:
    """What it gives; threads that wait for each other for ever fail the test."""
    found: list[Any] = []
    thread = Thread(target=lambda: found.append(act()), daemon=True)
    thread.start()
    thread.join(60)
    assert found, "it does not end"
    return found[0]


@pytest.fixture
def slim(settings: Settings) -> Iterator[Client]:
    """A client with a single thread that uploads."""
    with Client(settings.model_copy(update={"upload_threads": 1})) as found:
        yield found


def test_a_tar_of_small_and_large_photos_in_turn_is_sent(
    slim: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    small = (demo_photos / "hopper.jpg").read_bytes()
    data = {
        f"{number:02}.jpg": small + str(number).encode() + bytes(300_000 * (number in {3, 4, 9}))
        for number in range(20)
    }
    path = packed(tmp_path / "photos.tar", data, "tar")
    job = in_time(lambda: slim.submit([path]))
    assert objects(slim) == (4, 3), "of 3, 4, 6 and (in the next chunk) 4; three are large"
    assert stored(slim) == {hashlib.sha256(d).hexdigest(): d for d in data.values()}
    start_worker()
    assert job.wait(60).with_glasses == 20


def test_a_tar_of_which_photos_are_removed_meanwhile_is_sent_alone(
    slim: Client, start_worker: StartWorker, pile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(pile.iterdir())
    part = slim.submit(names[3:8])
    path = packed(pile.parent / "photos.tar", {p.name: p.read_bytes() for p in names}, "tar")
    write = JobFiles.write_segment

    def remove_first(files: JobFiles, *arguments: Any) -> None:
        monkeypatch.undo()
        part.remove()
        write(files, *arguments)

    monkeypatch.setattr(JobFiles, "write_segment", remove_first)
    job = in_time(lambda: slim.submit([path]))
    assert stored(slim) == contents(pile)
    start_worker()
    assert job.wait(60).with_glasses == COUNT

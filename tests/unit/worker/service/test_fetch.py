"""How the photos of a chunk are fetched: order, prefetching, limits and failures."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from glasses.errors import InfrastructureError, MissingManifestError
from glasses.ledger import keys
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.storage import packs
from glasses.storage.object_store import image_key, pack_key
from worker.service import fetch

JOB = "jobjobjo"


class Store:
    """An object store of photos by key; records the requests.

    Attributes:
        damaged: Objects that cannot be read; but by range, outside of their last byte.
        is_down: Nothing can be read.
    """

    bucket = "glasses"

    def __init__(self, photos: dict[str, bytes]) -> None:
        self._photos = photos
        self.asked: list[str] = []
        self.damaged: set[str] = set()
        self.is_down = False
        self.has_job = True

    def get_view(self, key: str, once: bool = False) -> memoryview | None:  # noqa: ARG002
        self.asked.append(key)
        if self.is_down or key in self.damaged:
            raise InfrastructureError(key)
        photo = self._photos.get(key)
        return None if photo is None else memoryview(photo)

    def read_range(self, key: str, offset: int, size: int, once: bool = False) -> bytes:
        assert once
        photo = self._photos[key]
        if self.is_down or offset + size == len(photo):
            raise InfrastructureError(key)
        return photo[offset : offset + size]

    def get(self, key: str) -> bytes | None:
        if self.is_down:
            raise InfrastructureError(key)
        return b"{}" if self.has_job and key == f"jobs/{JOB}/job.json" else None


def made(
    *contents: bytes, sizes: int | None = None
) -> tuple[Any, Store, list[ManifestEntry], list[str]]:
    names = [hashlib.sha256(data).hexdigest() for data in contents]
    forgotten: list[str] = []
    store = Store({image_key(n): data for n, data in zip(names, contents, strict=True)})
    context = SimpleNamespace(
        store=store,
        redis=SimpleNamespace(hdel=lambda key, _: forgotten.append(key)),
        fetchers=ThreadPoolExecutor(1),
        unfinished={},
        forgotten=forgotten,
    )
    entries = [
        ManifestEntry(image=str(i), sha256=name, size=sizes or len(contents[i]))
        for i, name in enumerate(names)
    ]
    return context, store, entries, names


def test_photos_arrive_in_order_with_each_content_fetched_once() -> None:
    contents = [str(i).encode() for i in range(50)]
    context, store, entries, names = made(*contents)
    found = list(fetch.fetch_photos(context, JOB, [*entries, *entries[:3]], known=names[5:7]))
    expected = [n for n in names if n not in names[5:7]]
    assert [name for name, _ in found] == expected
    assert [data for _, data in found] == contents[:5] + contents[7:]
    assert len(store.asked) == 48


@pytest.mark.parametrize(
    ("size", "most"), [(1, fetch.PREFETCH_PHOTOS), (5 * 2**18, 3), (fetch.PREFETCH_BYTES * 9, 2)]
)
def test_prefetching_is_limited_in_number_and_bytes(size: int, most: int) -> None:
    context, store, entries, _ = made(*[str(i).encode() for i in range(40)], sizes=size)
    ahead = []
    for used, _ in enumerate(fetch.fetch_photos(context, JOB, entries, known=()), start=1):
        context.fetchers.submit(lambda: None).result()  # all that was asked for is there
        ahead.append(len(store.asked) - used + 1)
    assert len(ahead) == 40
    assert max(ahead) == most


def test_small_photos_are_fetched_in_batches() -> None:
    context, store, entries, _ = made(*[str(i).encode() for i in range(40)])
    asked = set()
    for _ in fetch.fetch_photos(context, JOB, entries, known=()):
        context.fetchers.submit(lambda: None).result()
        asked.add(len(store.asked))
    assert asked == {
        fetch.PREFETCH_PHOTOS,
        fetch.PREFETCH_PHOTOS + fetch.FETCH_BATCH,
        fetch.PREFETCH_PHOTOS + 2 * fetch.FETCH_BATCH,
        40,
    }


def test_vanished_and_changed_photos_fail_by_name() -> None:
    context, store, entries, names = made(b"a", b"b", b"c")
    store._photos[image_key(names[0])] = b"another"
    del store._photos[image_key(names[1])]
    assert dict(fetch.fetch_photos(context, JOB, entries, known=())) == {
        names[0]: Outcome.failed(FailureReason.CHANGED),
        names[1]: Outcome.failed(FailureReason.VANISHED),
        names[2]: b"c",
    }
    assert context.forgotten == [keys.photo(names[0]), keys.photo(names[1])]


def test_a_bucket_without_the_job_fails_no_photo() -> None:
    context, store, entries, names = made(b"a")
    del store._photos[image_key(names[0])]
    store.has_job = False
    with pytest.raises(MissingManifestError, match=f"manifest of job {JOB} is missing"):
        list(fetch.fetch_photos(context, JOB, entries, known=()))
    assert context.forgotten == []


def test_an_unreadable_object_fails_by_name_and_its_record_is_deleted() -> None:
    context, store, entries, names = made(b"a", b"b")
    store.damaged = {image_key(names[0])}
    assert dict(fetch.fetch_photos(context, JOB, entries, known=())) == {
        names[0]: Outcome.failed(FailureReason.UNREADABLE_OBJECT),
        names[1]: b"b",
    }
    assert context.forgotten == [keys.photo(names[0])]
    store.is_down = True
    with pytest.raises(InfrastructureError):
        list(fetch.fetch_photos(context, JOB, entries, known=()))


def test_readable_ranges_of_a_damaged_pack_are_used() -> None:
    contents = [bytes([i]) * 100 for i in range(9)]
    context, store, entries, names = made(*contents)
    packed = packs.plan_packs(entries, "a")[0]
    pack = pack_key(str(packed[0].pack))
    store._photos = {pack: b"".join(contents)}
    store.damaged = {pack}
    assert dict(fetch.fetch_photos(context, JOB, packed, known=())) == {
        **dict(zip(names[:-1], contents, strict=False)),
        names[-1]: Outcome.failed(FailureReason.UNREADABLE_OBJECT),
    }
    assert set(context.forgotten) == set(map(keys.photo, names)), "the pack is sent again"


def test_a_later_call_waits_for_an_unfinished_download() -> None:
    context, store, entries, names = made(b"a", b"b")
    arrives = Event()
    view = store.get_view

    def slow(key: str, once: bool = False) -> memoryview | None:
        arrives.wait(30)
        return view(key, once)

    store.get_view = slow  # type: ignore[method-assign]
    assert list(fetch.fetch_photos(context, JOB, entries, (), time.monotonic() + 0.05)) == []
    arrives.set()
    assert list(fetch.fetch_photos(context, JOB, entries, ())) == [
        (names[0], b"a"),
        (names[1], b"b"),
    ]
    assert len(store.asked) == 2


def test_a_pack_is_fetched_in_one_request_and_the_next_is_prefetched() -> None:
    contents = [bytes([i]) * 100 for i in range(60)]
    context, store, entries, names = made(*contents)
    packed = [
        e for start in (0, 20, 40) for e in packs.plan_packs(entries[start : start + 20], "a")[0]
    ]
    for start in (0, 20, 40):
        store._photos[pack_key(str(packed[start].pack))] = b"".join(contents[start : start + 20])
    asked = []
    found = []
    for name, data in fetch.fetch_photos(context, JOB, packed, known=[names[3]]):
        context.fetchers.submit(lambda: None).result()
        asked.append(len(store.asked))
        found.append((name, data))
    assert found == [p for p in zip(names, contents, strict=True) if p[0] != names[3]]
    assert asked == [2] * 19 + [3] * 40
    assert set(store.asked) == {pack_key(str(packed[i].pack)) for i in (0, 20, 40)}


def test_photos_of_a_dissolved_pack_are_fetched_and_those_of_a_damaged_one_fail() -> None:
    contents = [b"a" * 9, b"b" * 9, b"c" * 9]
    context, store, entries, names = made(*contents)
    packed = packs.plan_packs(entries, "a")[0]
    store._photos |= {packs.own_object_key(e): d for e, d in zip(packed, contents, strict=True)}
    assert dict(fetch.fetch_photos(context, JOB, packed, known=())) == dict(
        zip(names, contents, strict=True)
    )
    store._photos[pack_key(str(packed[0].pack))] = b"a" * 9 + b"x" * 5
    assert dict(fetch.fetch_photos(context, JOB, packed, known=())) == {
        names[0]: contents[0],
        names[1]: Outcome.failed(FailureReason.CHANGED),
        names[2]: Outcome.failed(FailureReason.CHANGED),
    }


def test_in_place_photos_are_read_in_batches_and_once_per_content(tmp_path: Path) -> None:
    contents = [bytes([i]) * 100 for i in range(20)]
    context, store, entries, names = made(*contents)
    for entry, data in zip(entries, contents, strict=True):
        (tmp_path / entry.image).write_bytes(data)
    context.settings = SimpleNamespace(read_folders=str(tmp_path), max_file_mb=64)
    lying = [
        e.model_copy(update={"path": str(tmp_path / e.image), "in_place": True}) for e in entries
    ]
    found = list(fetch.fetch_photos(context, JOB, [*lying, *lying, entries[3]], known=names[7:9]))
    left = [n for n in range(20) if n not in {3, 7, 8}]
    assert found == [(names[n], contents[n]) for n in [3, *left]]
    assert store.asked == [image_key(names[3])], "what is in the object store is sure"
    lots = fetch._units(lying, set())
    assert [len(lot.entries) for lot in lots] == [
        fetch.FETCH_BATCH,
        fetch.FETCH_BATCH,
        20 - 2 * fetch.FETCH_BATCH,
    ]
    large = [e.model_copy(update={"size": packs.PACK_BYTES}) for e in lying]
    assert [len(lot.entries) for lot in fetch._units(large, set())] == [1] * 20

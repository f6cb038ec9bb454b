"""What of a chunk lies in memory, and in which order it comes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from glasses import packs
from glasses.object_store import image_key, pack_key
from glasses.outcome import Outcome
from glasses.schemas import ManifestEntry
from glasses.statuses import FailureReason
from worker import fetch


class Store:
    """Photos by key; notes what was asked for."""

    def __init__(self, photos: dict[str, bytes]) -> None:
        self._photos = photos
        self.asked: list[str] = []

    def view(self, key: str) -> memoryview | None:
        self.asked.append(key)
        photo = self._photos.get(key)
        return None if photo is None else memoryview(photo)


def made(
    *contents: bytes, sizes: int | None = None
) -> tuple[Any, Store, list[ManifestEntry], list[str]]:
    names = [hashlib.sha256(data).hexdigest() for data in contents]
    store = Store({image_key(n): data for n, data in zip(names, contents, strict=True)})
    context = SimpleNamespace(
        store=store,
        redis=SimpleNamespace(hdel=lambda *_: None),
        fetchers=ThreadPoolExecutor(1),
    )
    entries = [
        ManifestEntry(image=str(i), sha256=name, size=sizes or len(contents[i]))
        for i, name in enumerate(names)
    ]
    return context, store, entries, names


def test_photos_come_in_their_order_each_content_once() -> None:
    contents = [str(i).encode() for i in range(50)]
    context, store, entries, names = made(*contents)
    found = list(fetch.fetched(context, [*entries, *entries[:3]], known=names[5:7]))
    expected = [n for n in names if n not in names[5:7]]
    assert [name for name, _ in found] == expected
    assert [data for _, data in found] == contents[:5] + contents[7:]
    assert len(store.asked) == 48


@pytest.mark.parametrize(
    ("size", "most"), [(1, fetch.AHEAD), (5 * 2**18, 3), (fetch.AHEAD_BYTES * 9, 2)]
)
def test_what_is_fetched_ahead_is_bounded_in_number_and_bytes(size: int, most: int) -> None:
    context, store, entries, _ = made(*[str(i).encode() for i in range(40)], sizes=size)
    ahead = []
    for used, _ in enumerate(fetch.fetched(context, entries, known=()), start=1):
        context.fetchers.submit(lambda: None).result()  # all that was asked for is there
        ahead.append(len(store.asked) - used + 1)
    assert len(ahead) == 40
    assert max(ahead) == most


def test_small_photos_are_asked_for_in_lots() -> None:
    context, store, entries, _ = made(*[str(i).encode() for i in range(40)])
    asked = set()
    for _ in fetch.fetched(context, entries, known=()):
        context.fetchers.submit(lambda: None).result()
        asked.add(len(store.asked))
    assert asked == {fetch.AHEAD, fetch.AHEAD + fetch.LOT, fetch.AHEAD + 2 * fetch.LOT, 40}


def test_what_vanished_or_changed_says_so() -> None:
    context, store, entries, names = made(b"a", b"b", b"c")
    store._photos[image_key(names[0])] = b"another"
    del store._photos[image_key(names[1])]
    assert dict(fetch.fetched(context, entries, known=())) == {
        names[0]: Outcome.failed(FailureReason.CHANGED),
        names[1]: Outcome.failed(FailureReason.VANISHED),
        names[2]: b"c",
    }


def test_photos_of_a_pack_come_with_one_request_the_next_pack_ahead() -> None:
    contents = [bytes([i]) * 100 for i in range(60)]
    context, store, entries, names = made(*contents)
    packed = [e for start in (0, 20, 40) for e in packs.plan(entries[start : start + 20])[0]]
    for start in (0, 20, 40):
        store._photos[pack_key(str(packed[start].pack))] = b"".join(contents[start : start + 20])
    asked = []
    found = []
    for name, data in fetch.fetched(context, packed, known=[names[3]]):
        context.fetchers.submit(lambda: None).result()
        asked.append(len(store.asked))
        found.append((name, data))
    assert found == [p for p in zip(names, contents, strict=True) if p[0] != names[3]]
    assert asked == [2] * 19 + [3] * 40
    assert set(store.asked) == {pack_key(str(packed[i].pack)) for i in (0, 20, 40)}


def test_photos_of_a_pack_that_is_gone_or_damaged() -> None:
    contents = [b"a" * 9, b"b" * 9, b"c" * 9]
    context, store, entries, names = made(*contents)
    packed = packs.plan(entries)[0]
    assert dict(fetch.fetched(context, packed, known=())) == dict(zip(names, contents, strict=True))
    store._photos[pack_key(str(packed[0].pack))] = b"a" * 9 + b"x" * 5
    assert dict(fetch.fetched(context, packed, known=())) == {
        names[0]: contents[0],
        names[1]: Outcome.failed(FailureReason.CHANGED),
        names[2]: Outcome.failed(FailureReason.CHANGED),
    }


def test_photos_in_place_are_read_in_lots_those_of_one_content_once(tmp_path: Path) -> None:
    contents = [bytes([i]) * 100 for i in range(20)]
    context, store, entries, names = made(*contents)
    for entry, data in zip(entries, contents, strict=True):
        (tmp_path / entry.image).write_bytes(data)
    context.settings = SimpleNamespace(read_folders=str(tmp_path))
    lying = [
        e.model_copy(update={"path": str(tmp_path / e.image), "in_place": True}) for e in entries
    ]
    found = list(fetch.fetched(context, [*lying, *lying, entries[3]], known=names[7:9]))
    left = [n for n in range(20) if n not in {3, 7, 8}]
    assert found == [(names[n], contents[n]) for n in [3, *left]]
    assert store.asked == [image_key(names[3])], "what is in the object store is sure"
    lots = fetch._units(lying, set())
    assert [len(lot.entries) for lot in lots] == [fetch.LOT, fetch.LOT, 20 - 2 * fetch.LOT]
    large = [e.model_copy(update={"size": packs.PACK_BYTES}) for e in lying]
    assert [len(lot.entries) for lot in fetch._units(large, set())] == [1] * 20

from __future__ import annotations

import hashlib
import random

from glasses import packs
from glasses.schemas import ManifestEntry, Place
from glasses.uploads import as_said, placed


def entry(number: int, size: int = 50_000) -> ManifestEntry:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    return ManifestEntry(image=f"{number}.jpg", sha256=sha256, size=size)


def test_members_of_a_pack_lie_one_after_the_other() -> None:
    chance = random.Random(1)
    entries = [entry(i, chance.randint(1, packs.PHOTO_BYTES)) for i in range(64)]
    planned = packs.plan(entries)
    assert [e.image for pack in planned for e in pack] == [e.image for e in entries]
    for pack in planned:
        data = b"".join(bytes([i]) * (e.size or 0) for i, e in enumerate(pack))
        assert len(data) <= packs.PACK_BYTES
        assert {packs.member(data, e) for e in pack} == {
            bytes([i]) * (e.size or 0) for i, e in enumerate(pack)
        }
    assert len({e.pack for pack in planned for e in pack}) == len(planned)


def test_the_same_photos_make_the_same_pack_and_others_another() -> None:
    names = [
        packs.plan([entry(i) for i in numbers])[0][0].pack for numbers in ([1, 2], [1, 2], [2, 1])
    ]
    assert names[0] == names[1] != names[2]
    assert packs.plan([entry(1)]) == [], "one photo needs no pack"


def test_what_is_noted_fits_into_a_compact_hash_of_redis() -> None:
    place = Place("f" * 32, packs.PACK_BYTES)
    text = f"{2**34} {place.pack} {place.offset}"
    assert packs.noted(text) == (2**34, place)
    assert packs.noted("1700000000") == (1.7e9, None)
    assert len(text) <= 64


def test_photos_lie_where_they_lie_already_or_in_a_pack_of_their_chunk_or_alone() -> None:
    large = entry(4, packs.PHOTO_BYTES + 1)
    entries = [
        entry(0),
        entry(1),
        entry(2),
        entry(3),
        large,
        entry(5),
        entry(1),
        entry(6),
        entry(7),
    ]
    entries[3] = entries[3].model_copy(update={"in_place": True})
    there = Place("a" * 32, 7)
    result, fresh = placed(
        entries,
        [True] * 5 + [False] + [True] * 3,
        present={str(entries[0].sha256): there},
        chunks=[slice(0, 6), slice(6, 9)],
    )
    places = [e.place for e in result]
    assert places[0] == there
    assert places[1] == places[6], "the same content in two chunks lies once"
    assert places[1]
    assert places[2]
    assert places[1].pack == places[2].pack
    assert places[3:6] == [None, None, None], "left in place, large, copied by the server"
    assert places[7]
    assert places[8]
    assert places[7].pack == places[8].pack != places[1].pack
    assert fresh == {places[1].pack, places[7].pack}


def test_only_what_lies_where_the_manifest_says_counts_as_there() -> None:
    here, elsewhere = Place("a" * 32, 0), Place("b" * 32, 0)
    entries = [entry(0).placed(here), entry(1).placed(here), entry(2), entry(3)]
    names = [str(e.sha256) for e in entries]
    found = {names[0]: here, names[1]: elsewhere, names[2]: None}
    assert as_said(entries, found) == {names[0], names[2]}

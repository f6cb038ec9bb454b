from __future__ import annotations

import hashlib
import random

from glasses.jobs.uploads import assign_locations
from glasses.protocol.schemas import ManifestEntry, PackLocation
from glasses.storage import packs


def entry(number: int, size: int = 50_000) -> ManifestEntry:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    return ManifestEntry(image=f"{number}.jpg", sha256=sha256, size=size)


def test_members_of_a_pack_are_stored_consecutively() -> None:
    chance = random.Random(1)
    entries = [entry(i, chance.randint(1, packs.PHOTO_BYTES)) for i in range(64)]
    planned = packs.plan_packs(entries, "a")
    assert [e.image for pack in planned for e in pack] == [e.image for e in entries]
    for pack in planned:
        data = b"".join(bytes([i]) * (e.size or 0) for i, e in enumerate(pack))
        assert len(data) <= packs.PACK_BYTES
        assert {packs.extract(data, e) for e in pack} == {
            bytes([i]) * (e.size or 0) for i, e in enumerate(pack)
        }
    assert len({e.pack for pack in planned for e in pack}) == len(planned)


def test_pack_names_are_unique_per_submission_and_set_of_photos() -> None:
    names = [
        packs.plan_packs([entry(i) for i in numbers], submission)[0][0].pack
        for submission, numbers in (("a", [1, 2]), ("a", [2, 1]), ("b", [1, 2]), ("a", [1]))
    ]
    assert len(set(names)) == 4


def test_pack_locations_fit_redis_compact_hash_encoding() -> None:
    place = PackLocation("f" * 32, packs.PACK_BYTES)
    text = f"{2**34} {place.pack} {place.offset}"
    assert packs.parse_location(text) == (2**34, place)
    assert packs.parse_location("1700000000") == (1.7e9, None)
    assert len(text) <= 64


def test_photos_keep_their_location_or_go_into_a_new_pack() -> None:
    entries = [
        entry(0),
        entry(1),
        entry(2),
        entry(3),
        entry(4, packs.PHOTO_BYTES + 1),
        entry(5),
        entry(1),
        entry(6),
        entry(7),
    ]
    entries[3] = entries[3].model_copy(update={"in_place": True})
    there = PackLocation("a" * 32, 7)
    result, fresh = assign_locations(
        entries,
        [True] * 5 + [False] + [True] * 3,
        present={str(entries[0].sha256): there},
        chunks=[slice(0, 6), slice(6, 9)],
        submission="a",
    )
    places = [e.pack_location for e in result]
    assert places[0] == there
    assert places[1] == places[6], "the same content in two chunks is stored once"
    assert places[1]
    assert places[2]
    assert places[1].pack == places[2].pack
    assert places[3] is None, "left in place"
    large, copied = places[4], places[5]
    assert large
    assert copied
    assert places[7]
    assert places[8]
    assert places[7].pack == places[8].pack != places[1].pack
    assert fresh == {places[1].pack, large.pack, copied.pack, places[7].pack}
    assert len(fresh) == 4

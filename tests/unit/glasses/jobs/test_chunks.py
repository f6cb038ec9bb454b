from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glasses.jobs.chunks import CHUNK_BYTES, FIRST_PHOTOS, chunks
from glasses.protocol.schemas import ManifestEntry
from glasses.storage.manifest import SEGMENT


def photos(count: int, size: int | None = 90_000) -> list[ManifestEntry]:
    return [ManifestEntry(image=f"{number}.jpg", size=size) for number in range(count)]


def counts(first: int, entries: list[ManifestEntry], size: int) -> list[int]:
    return [chosen.stop - chosen.start for chosen in chunks(first, entries, size)]


def test_chunks_grow_with_the_job() -> None:
    assert counts(0, photos(SEGMENT), 64) == [16] * 4 + [32] * 6
    assert counts(SEGMENT, photos(SEGMENT), 64) == [32] * 8
    assert counts(2 * SEGMENT, photos(SEGMENT), 64) == [64] * 4


def test_a_small_job_is_divided_among_several_processes() -> None:
    assert counts(0, photos(40), 64) == [16, 16, 8]


def test_only_whole_chunks_go_ahead_of_other_jobs() -> None:
    assert FIRST_PHOTOS in {chosen.stop for chosen in chunks(0, photos(SEGMENT), 64)}


def test_no_chunk_exceeds_the_chunk_size() -> None:
    assert counts(0, photos(10), 4) == [4, 4, 2]
    assert counts(2 * SEGMENT, photos(10), 4) == [4, 4, 2]


def test_large_photos_make_small_chunks() -> None:
    assert counts(2 * SEGMENT, photos(40, CHUNK_BYTES // 20), 64) == [20, 20]
    assert counts(2 * SEGMENT, photos(3, CHUNK_BYTES + 1), 64) == [1, 1, 1]
    assert counts(2 * SEGMENT, photos(70, None), 64) == [64, 6]


@given(
    first=st.integers(0, 5).map(lambda number: number * SEGMENT),
    sizes=st.lists(st.none() | st.integers(0, CHUNK_BYTES), max_size=SEGMENT),
    size=st.integers(1, 64),
)
def test_each_photo_is_in_one_chunk(first: int, sizes: list[int | None], size: int) -> None:
    entries = [ManifestEntry(image="a", size=each) for each in sizes]
    end = 0
    for chosen in chunks(first, entries, size):
        assert chosen.start == end
        assert 1 <= chosen.stop - chosen.start <= size
        held = sum(entry.size or 0 for entry in entries[chosen])
        assert held <= CHUNK_BYTES or chosen.stop - chosen.start == 1
        end = chosen.stop
    assert end == len(entries)

"""Chunks: how the photos of a job are divided into messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glasses.protocol.schemas import ManifestEntry

FIRST_PHOTOS = 128
"""The first photos of each job get the higher priority, so small jobs overtake bulk ones."""
EARLY = ((64, 16), (512, 32))
"""(photo number, chunk size): chunks that start below this number have at most this size. Small
chunks spread a small job over the processes. Later chunks are larger, since each has overhead."""
CHUNK_BYTES = 96 << 20
"""Largest total size of a chunk's photos, unless one photo alone is larger. A chunk is what is lost
with a process and what a job waits for at its end, and large photos take longer."""


def chunks(first: int, photos: Sequence[ManifestEntry], size: int) -> Iterator[slice]:
    """Divide consecutive photos of a job into chunks.

    Args:
        first: Number of the first of them in the job.
        photos: Their manifest entries.
        size: Largest number of photos in a chunk.

    Yields:
        The slice of `photos` that makes up the next chunk; never an empty one.
    """
    start = total_bytes = 0
    for index, photo in enumerate(photos):
        early_size = next((few for end, few in EARLY if first + start < end), size)
        total_bytes += photo.size or 0
        is_full = index - start >= min(early_size, size) or total_bytes > CHUNK_BYTES
        if index > start and is_full:
            yield slice(start, index)
            start, total_bytes = index, photo.size or 0
    if photos:
        yield slice(start, len(photos))

"""Photos of a job -> chunks: what one message asks a worker for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glasses.schemas import ManifestEntry

FIRST_PHOTOS = 128
"""So many photos of every job go ahead of all jobs' later ones: small jobs overtake bulk."""
EARLY = ((64, 16), (512, 32))
"""Up to which photo of a job its chunks have how many: processes share even a small job, and wait
little for each other at its end. After each chunk a process waits, so later ones are larger."""
CHUNK_BYTES = 96 << 20
"""Of a chunk, unless one photo has more: photos of a phone take longer than small ones, and a chunk
is what is lost with a process, and what a job waits for at its end."""


def chunks(first: int, photos: Sequence[ManifestEntry], size: int) -> Iterator[slice]:
    """Share out photos that follow one another in their job.

    Args:
        first: The number of the first of them in the job.
        photos: Lines of the manifest.
        size: Photos in a chunk, at most.

    Yields:
        Which of them make the next chunk; never none.
    """
    start = held = 0
    for index, photo in enumerate(photos):
        most = next((few for end, few in EARLY if first + start < end), size)
        held += photo.size or 0
        if index > start and (index - start >= min(most, size) or held > CHUNK_BYTES):
            yield slice(start, index)
            start, held = index, photo.size or 0
    if photos:
        yield slice(start, len(photos))

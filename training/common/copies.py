"""Copies: photos with the same content, which a split must keep in one part."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from training.common.sample import Sample


def equal_files(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Yield groups of photos with the same bytes; only files of the same size are read."""
    by_size: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_size[sample.path.stat().st_size].append(sample)
    for same_size in by_size.values():
        if len(same_size) < 2:
            continue
        by_hash: dict[bytes, list[Sample]] = defaultdict(list)
        for sample in same_size:
            by_hash[hashlib.sha256(sample.path.read_bytes()).digest()].append(sample)
        yield from (group for group in by_hash.values() if len(group) > 1)


def count_copies(samples: Sequence[Sample]) -> int:
    """Return how many photos are copies of another one."""
    return sum(len(group) - 1 for group in equal_files(samples))


def keep_together(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples with one group for all photos that copies connect.

    A copy connects all photos of the people that its files are listed as.
    """
    first: dict[str, str] = {}

    def root(group: str) -> str:
        while (above := first.get(group, group)) != group:
            group = above
        return group

    for copies in equal_files(samples):
        to = root(copies[0].group)
        for sample in copies[1:]:
            if (other := root(sample.group)) != to:
                first[other] = to
    connected = first.keys() | set(first.values())
    return [
        dataclasses.replace(sample, together=root(sample.group))
        if sample.group in connected
        else sample
        for sample in samples
    ]

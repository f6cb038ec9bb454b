"""Corrected photos: where their bytes are, and what they had been judged to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from glasses.client import Client
from glasses.corrections import Correction
from glasses.errors import UsageError
from glasses.formats import SNIFF_BYTES, sniff
from glasses.judged import Judged
from glasses.packs import stored
from glasses.regular import read_regular
from producer.rows import no_formula, printable


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction with its photo.

    Attributes:
        correction: What is right.
        data: The photo's bytes; None: they are nowhere, or no photo.
        before: What it had been judged to be; None: nobody knows.
        model: By which.
    """

    correction: Correction
    data: bytes | None
    before: bool | None = None
    model: str = ""


def from_folder(corrections: list[Correction], folder: Path) -> Iterator[Corrected]:
    """Photos by their names relative to a folder."""
    for each in corrections:
        data = _read(folder / each.name, each.sha256)
        if data is None and each.name.startswith("'"):
            data = _read(folder / each.name[1:], each.sha256)  # see `no_formula`
        yield Corrected(each, data)


def from_jobs(
    corrections: list[Correction], client: Client, job: str | None
) -> Iterator[Corrected]:
    """Photos of the jobs that judged them: their files, else what the object store has.

    Args:
        corrections: Those of a report name their job.
        client: Of the servers.
        job: The job of those that do not.

    Raises:
        UsageError: A job is not named, or there is none of that name.
    """
    by_job: dict[str, list[Correction]] = {}
    for each in corrections:
        wanted = each.job or job
        if wanted is None:
            raise UsageError(
                f"nothing says which job {printable(each.name)} is from: name it with --job, or "
                "the folder of the photos with --photos"
            )
        by_job.setdefault(wanted, []).append(each)
    for prefix, some in by_job.items():
        photos = _named(client.job(prefix, newest=True).judged(), {each.name for each in some})
        for each in some:
            yield _found(client, each, photos.get(each.name, []))


def _named(photos: Iterator[Judged], names: set[str]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for photo in photos:
        name = printable(photo.verdict.image)
        for written in {name, no_formula(name), photo.verdict.image} & names:
            found.setdefault(written, []).append(photo)
    return found


def _found(client: Client, correction: Correction, photos: list[Judged]) -> Corrected:
    wanted = correction.sha256
    for photo in photos:
        content = photo.verdict.sha256
        if content is None or (wanted and content != wanted):
            continue
        source = photo.source()
        data = _read(source, content) if source else None
        if data is None:
            data = stored(client.store, photo.entry)
        return Corrected(correction, data, photo.verdict.glasses, photo.verdict.model)
    return Corrected(correction, None)


def _read(path: Path, content: str | None) -> bytes | None:
    try:
        data = read_regular(path)
    except (OSError, ValueError):
        return None
    if content is not None and sha256(data).hexdigest() != content:
        return None
    return data if sniff(data[:SNIFF_BYTES]) else None

"""Find the photos of corrections, with the verdicts that were corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from glasses.client import Client
from glasses.config.regular_file import read_regular
from glasses.errors import UsageError
from glasses.protocol.photo_result import PhotoResult
from glasses.sources.formats import SNIFF_BYTES, sniff
from glasses.sources.label_table import LabelRow
from glasses.storage.photo_reader import PhotoReader
from producer.rows import no_formula, printable, utf8


@dataclass(frozen=True, slots=True)
class CorrectedPhoto:
    """A correction with its photo.

    Attributes:
        correction: The correction.
        data: The photo's bytes; None: missing, unreadable, or not a photo.
        before: The corrected verdict; None: unknown.
        model: The model of that verdict.
    """

    correction: LabelRow
    data: bytes | None
    before: bool | None = None
    model: str = ""


def photos_from_folder(
    corrections: list[LabelRow], folder: Path, max_bytes: int
) -> Iterator[CorrectedPhoto]:
    """Yield photos by their names relative to a folder, up to `max_bytes` bytes each."""
    for correction in corrections:
        data = _read(folder / correction.name, correction.sha256, max_bytes)
        if data is None and correction.name.startswith("'"):
            name = correction.name[1:]  # see `no_formula`
            data = _read(folder / name, correction.sha256, max_bytes)
        yield CorrectedPhoto(correction, data)


def photos_from_jobs(
    corrections: list[LabelRow], client: Client, job: str | None
) -> Iterator[CorrectedPhoto]:
    """Yield photos of the jobs that classified them, from their files or the object store.

    Args:
        corrections: Corrections; those exported by a report name their job.
        client: Client of the servers.
        job: The job of corrections that do not name one.

    Raises:
        UsageError: A job is missing, or unknown.
    """
    by_job: dict[str, list[LabelRow]] = {}
    for correction in corrections:
        job_ref = correction.job or job
        if job_ref is None:
            raise UsageError(
                f"the job of {printable(correction.name)} is unknown: pass it with --job, or the "
                "folder of the photos with --photos"
            )
        by_job.setdefault(job_ref, []).append(correction)
    for job_ref, group in by_job.items():
        found = client.job(job_ref, newest=True)
        photos = photos_by_name(found.photo_results(), {correction.name for correction in group})
        reader, max_bytes = PhotoReader(client.store, found.id), client.settings.max_file_mb << 20
        for correction in group:
            yield _find_photo(reader, correction, photos.get(correction.name, []), max_bytes)


def photos_by_name(photos: Iterator[PhotoResult], names: set[str]) -> dict[str, list[PhotoResult]]:
    """Return the photos of some names, as a person may have copied them from results or a page."""
    found: dict[str, list[PhotoResult]] = {}
    for photo in photos:
        for written in written_forms(photo.verdict.image) & names:
            found.setdefault(written, []).append(photo)
    return found


def written_forms(name: str) -> set[str]:
    """Return a name as the formats of results and a report write it."""
    forms = {name, utf8(name), printable(name)}
    return forms | set(map(no_formula, forms))


def _find_photo(
    reader: PhotoReader, correction: LabelRow, photos: list[PhotoResult], max_bytes: int
) -> CorrectedPhoto:
    expected = correction.sha256
    for photo in photos:
        content = photo.verdict.sha256
        if content is None or (expected and content != expected):
            continue
        source = photo.source()
        data = _read(source, content, max_bytes) if source else None
        if data is None:
            data = reader.read(photo.entry)
        return CorrectedPhoto(correction, data, photo.verdict.glasses, photo.verdict.model)
    return CorrectedPhoto(correction, None)


def _read(path: Path, content: str | None, max_bytes: int) -> bytes | None:
    try:
        data = read_regular(path, max_bytes)
    except (OSError, ValueError):
        return None
    if content is not None and sha256(data).hexdigest() != content:
        return None
    return data if sniff(data[:SNIFF_BYTES]) else None

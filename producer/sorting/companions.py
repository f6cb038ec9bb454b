"""Companions: files that belong to a photo by their name, and stay with it when it is sorted.

    IMG_1.jpg       the photo
    IMG_1.xmp       sidecar (also .aae), for every photo of this stem
    IMG_O1.aae      the same, as an iPhone names the edits of an original
    IMG_1.mov       video of a Live Photo (also .mp4)
    IMG_1.nef       RAW (or, beside a RAW, the camera's picture), unless it is a photo of the job
    IMG_1.jpg.xmp   sidecar (also .pp3, .dop, .json) of this file, and of each companion

Suffixes match in upper and lower case. A photo of the job goes by its own verdict, but a RAW, a
sidecar or a video that failed as a photo is still a companion.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

from glasses.protocol.groups import Group
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.verdict import Verdict
from producer.row_filter import RowFilter

SIDECARS = frozenset({".xmp", ".aae"})
VIDEOS = frozenset({".mov", ".mp4"})
RAWS = frozenset(
    {
        ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc",
        ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl",
        ".sr2", ".srf", ".srw", ".x3f",
    }
)  # fmt: skip
PICTURES = frozenset({".jpg", ".jpeg", ".heic", ".heif", ".hif"})
"""What cameras store beside a RAW."""
SIDECARS_OF_FILES = frozenset({".xmp", ".pp3", ".dop", ".json"})
"""Sidecars that are named after the whole file: darktable, RawTherapee, DxO, Google Takeout."""
_GOOGLE = ".supplemental-metadata"
_ORIGINAL_EDITS = re.compile(r"IMG_O(\d+)")
_FOLDERS = 16
"""Listings in memory: photos of one folder usually follow each other."""


class Companions:
    """The companions of a job's photos.

    Args:
        rows: Absolute path of each photo of the job -> its group.
        left_out: Paths of those that are not sorted.
    """

    def __init__(self, rows: Mapping[str, Group], left_out: Collection[str] = ()) -> None:
        self._rows = rows
        self._left_out = left_out
        self._list = lru_cache(_FOLDERS)(_list_folder)

    @classmethod
    def of_job(
        cls,
        photos: Iterable[PhotoResult],
        selected: RowFilter,
        group_of: Callable[[Verdict], Group],
        folder: Path | None = None,
    ) -> Self:
        """Read which files are photos of a job, and their groups.

        Args:
            photos: All photos of the job.
            selected: Which of them are sorted.
            group_of: Returns the group of a verdict.
            folder: See `PhotoResult.source`.
        """
        rows, left_out = {}, set()
        for photo in photos:
            if source := photo.source(folder):
                path = os.path.abspath(source)
                rows[path] = group_of(photo.verdict)
                if not selected(photo.verdict):
                    left_out.add(path)
        return cls(rows, left_out)

    def of(self, photo: Path) -> list[Path]:
        """Return the companions that the photo's folder had when it was first listed."""
        files = self._list(photo.parent)
        named = [
            name
            for name in files.get(photo.stem, ())
            if name != photo.name
            and _belongs(photo.suffix, name)
            and not self._has_own_verdict(photo.with_name(name))
        ]
        for name in [photo.name, *named]:
            named += (each for each in files.get(_whole_name(name), ()) if each not in named)
        return [photo.with_name(name) for name in named]

    def peers(self, photo: Path) -> Iterator[tuple[Path, Group]]:
        """Yield the photos of the job with the same folder and stem, each with its group."""
        for name in self._list(photo.parent).get(photo.stem, ()):
            peer = photo.with_name(name)
            if name != photo.name and self._has_own_verdict(peer):
                yield peer, self._rows[str(peer)]

    def is_left_out(self, photo: Path) -> bool:
        """Return whether a photo of the job is not sorted."""
        return str(photo) in self._left_out

    def _has_own_verdict(self, file: Path) -> bool:
        group = self._rows.get(str(file))
        return group is not None and (group is not Group.FAILED or not is_companion(file))


def is_companion(file: Path) -> bool:
    """Return whether a file that is no photo can be a companion, by its suffix."""
    return file.suffix.lower() in SIDECARS | VIDEOS | RAWS | SIDECARS_OF_FILES


def is_pair(one: Path, other: Path) -> bool:
    """Return whether exactly one of two files of the same stem is a RAW."""
    return (one.suffix.lower() in RAWS) is not (other.suffix.lower() in RAWS)


def rename(name: str, stem: str, new_stem: str) -> str:
    """Return a companion's name after its photo got another stem."""
    if name.startswith(stem):
        return new_stem + name[len(stem) :]
    # IMG_O1.aae of IMG_1
    own_stem, suffix = os.path.splitext(name)
    return own_stem + new_stem.removeprefix(stem) + suffix


def _belongs(photo_suffix: str, name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    if photo_suffix.lower() in RAWS and suffix in PICTURES:
        return True
    return suffix in SIDECARS | VIDEOS | RAWS


def _list_folder(folder: Path) -> dict[str, list[str]]:
    """Return the files of a folder by stem, and sidecars of files by `_whole_name`."""
    files: dict[str, list[str]] = {}
    try:
        with os.scandir(folder) as items:
            names = sorted(item.name for item in items if _is_file(item))
    except OSError:
        return {}  # The photos in it fail with the reason.
    for name in names:
        stem, suffix = os.path.splitext(name)
        files.setdefault(stem, []).append(name)
        original = _ORIGINAL_EDITS.fullmatch(stem)
        if original and suffix.lower() in SIDECARS:
            files.setdefault(f"IMG_{original[1]}", []).append(name)
        if suffix.lower() in SIDECARS_OF_FILES:
            files.setdefault(_whole_name(stem.removesuffix(_GOOGLE)), []).append(name)
    return files


def _is_file(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_file()
    except OSError:
        return False  # a link to itself, or into an unreadable folder


def _whole_name(name: str) -> str:
    """Return a key for a file name with its suffix, which differs from every stem."""
    stem, suffix = os.path.splitext(name)
    return f"{stem}/{suffix.lower()}"

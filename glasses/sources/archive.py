"""Photos in an archive that is an argument itself: zip, tar, tar.gz, tar.bz2, tar.xz."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from glasses.config.regular_file import open_regular
from glasses.config.retry import Notify
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason, Origin
from glasses.sources.archive_limits import DamagedError, Limits
from glasses.sources.file_version import FileVersion
from glasses.sources.left_out import LeftOut, may_be_photo
from glasses.sources.photo import ExaminedPhoto, Photo
from glasses.sources.tar_archive import tar_photos
from glasses.sources.walk import NameFilter
from glasses.sources.zip_archive import zip_photos

_ZIP = ".zip"
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_ZIP_MAGIC = b"PK"
"""First bytes of a zip, unless other data was put before it."""


def is_archive(argument: str) -> bool:
    """Return whether an argument is an archive: a file with one of the suffixes."""
    return argument.lower().endswith((_ZIP, *_TAR)) and os.path.isfile(argument)


def archive_photos(
    path: Path,
    limits: Limits,
    is_selected: NameFilter,
    notify: Notify,
    left_out: LeftOut,
    strict: bool = False,
) -> Iterator[Photo]:
    """Yield the photos of an archive, named `ARCHIVE/inner/name`.

    A damaged archive, or one that exceeds the limits, yields the photos before the damage and then
    a failed photo with the name of the archive. Archives inside it are not opened.

    Args:
        path: The archive.
        limits: Limits on what is read.
        is_selected: Tells whether a name in the archive is selected.
        notify: Called with a message if the archive cannot be read completely.
        left_out: Counts the members that are not yielded.
        strict: Yield members that are not photos too.
    """
    count = 0
    version = FileVersion.of(path)
    try:
        with open_regular(path) as file:
            is_zip = file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC or path.name.lower().endswith(_ZIP)
        members: Iterator[tuple[str, Photo]] = (
            zip_photos(path, limits, left_out.skip)
            if is_zip
            else tar_photos(path, limits, left_out.skip)
        )
        for name, photo in members:
            count += 1
            photo.version = version
            if not is_selected(name):
                left_out.filtered += 1
            elif strict or may_be_photo(photo):
                yield photo
            else:
                left_out.ignore(photo)
    except DamagedError as error:
        reason, why = error.reason, str(error)
    except OSError as error:
        reason, why = FailureReason.UNREADABLE, error.strerror or str(error)
    else:
        return
    if count:
        notify(f"{path} cannot be read beyond its first {count} files: {why}. The rest is missing.")
    else:
        notify(f"{path} cannot be read: {why}")
    yield ExaminedPhoto(
        ManifestEntry(image=path.name, reason=reason, origin=Origin.ARCHIVE, given_path=str(path))
    )

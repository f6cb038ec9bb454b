"""Photos in an archive that was named itself: zip, tar, tar.gz, tar.bz2, tar.xz."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from glasses.patience import Tell
from glasses.schemas import ManifestEntry
from glasses.sources.damage import DamagedError
from glasses.sources.photo import Photo, Settled
from glasses.sources.tarred import tarred
from glasses.sources.zipped import zipped
from glasses.statuses import FailureReason, Origin
from glasses.walk import Chosen

_ZIP = ".zip"
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_MARK = b"PK"
"""Every zip begins so, unless something was put before it."""


def is_archive(argument: str) -> bool:
    """Whether an argument names an archive: by its end, and because it is a file."""
    return argument.lower().endswith((_ZIP, *_TAR)) and os.path.isfile(argument)


def archive(path: Path, max_bytes: int, chosen: Chosen, tell: Tell) -> Iterator[Photo]:
    """Its photos as `ARCHIVE/inner/name`; what cannot be read is a failed photo as well.

    An archive that ends too soon or is damaged gives what comes before, and a last photo of the
    archive's own name, which fails. Archives within it are not opened: they are no photos.

    Args:
        path: The archive.
        max_bytes: Larger members are refused unread.
        chosen: Whether a name in it is wanted.
        tell: Told what is wrong with it.
    """
    count = 0
    try:
        with path.open("rb") as file:
            is_zip = file.read(len(_MARK)) == _MARK or path.name.lower().endswith(_ZIP)
        members: Iterator[tuple[str, Photo]] = zipped(path) if is_zip else tarred(path, max_bytes)
        for name, photo in members:
            count += 1
            if chosen(name):
                yield photo
    except DamagedError as error:
        reason, why = FailureReason.CORRUPT, str(error)
    except OSError as error:
        reason, why = FailureReason.UNREADABLE, error.strerror or str(error)
    else:
        return
    if count:
        tell(f"{path} cannot be read beyond its first {count} files: {why}. The rest is missing.")
    else:
        tell(f"{path} cannot be read: {why}")
    yield Settled(ManifestEntry(image=path.name, reason=reason, origin=Origin.ARCHIVE))

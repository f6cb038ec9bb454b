"""Names that are skipped unless they are arguments themselves: hidden ones and those of systems.

Network storage, photo viewers and operating systems keep thumbnails, deleted files and databases
among photos. Their thumbnails are photos by content, so only the names tell them apart.
"""

from __future__ import annotations

HIDDEN = "hidden"
"""Label of files and folders whose name begins with a dot."""
THUMBNAILS = "Synology thumbnail"
SORTED = "sorted folder"
"""Label of folders into which `glasses sort` has put photos."""
_SYSTEM_NAMES = {
    name.lower(): name
    for name in (
        "@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", "@__thumb",
        "__MACOSX", "$RECYCLE.BIN", "System Volume Information", "lost+found",
        "Thumbs.db", "ehthumbs.db", "desktop.ini",
    )
}  # fmt: skip
"""Names as their programs write them: Synology, QNAP, macOS, Windows, ext4."""
_THUMBNAIL_PREFIXES = ("SYNOPHOTO_", "SYNOFILE_THUMB_", "SYNOINDEX_MEDIA_INFO")
"""Synology's thumbnails, where they were copied out of `@eaDir`."""


def skip_label(name: str) -> str | None:
    """Return why a file or folder of this name is skipped; None if it is not.

    Args:
        name: Its name without a path.
    """
    if name.startswith("."):
        return HIDDEN
    if name.startswith(_THUMBNAIL_PREFIXES):
        return THUMBNAILS
    return _SYSTEM_NAMES.get(name.lower())


def member_skip_label(path: str) -> str | None:
    """Return why a member of an archive or bucket is skipped; None if it is not.

    Args:
        path: Its name, with `/`; `.` and `..` stand for folders.
    """
    parts = (part for part in path.split("/") if part not in {"", ".", ".."})
    return next(filter(None, map(skip_label, parts)), None)

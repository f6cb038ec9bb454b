"""Safe names: turn names in archives and buckets into relative paths without `..`."""

from __future__ import annotations

UNNAMED = "unnamed"
"""Name for a member whose own name has no usable part, such as `..`."""
_MAX_CHARACTERS = 4096
"""No system has longer paths, and an archive may have a million such names."""


def member_name(name: str) -> str:
    """Return the name of a member or object as a relative path.

    Parts that lead out of a folder (a leading `/`, `..`) are removed, as unpacking programs do.
    glasses never writes to such a path itself. Names that are too long are cut at the front.
    """
    parts = [part for part in name.split("/") if part not in {"", ".", ".."}]
    return "/".join(parts)[-_MAX_CHARACTERS:].lstrip("/") or UNNAMED

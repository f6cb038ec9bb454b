"""Names that strangers chose -> names of photos that lead nowhere else."""

from __future__ import annotations


def inner_name(name: str) -> str | None:
    """A member's or an object's name as a relative path; None if it is hidden, as in folders.

    What would lead out of a folder (a leading `/`, `..`) is left out: nothing is ever written
    there, but who unpacks such a name elsewhere gets it without, too.
    """
    parts = [part for part in name.split("/") if part not in {"", ".", ".."}]
    hidden = not parts or any(part.startswith(".") for part in parts)
    return None if hidden else "/".join(parts)

"""Unknown names of settings, with the nearest name that exists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

_SERVICE_LINK = re.compile(r"_(SERVICE_(HOST|PORT)|PORT)(_|$)")
"""Matches variables that Kubernetes sets in each pod for each service (`GLASSES_API_PORT`)."""


def unknown_names(given: Iterable[str], prefix: str, known: Collection[str]) -> list[str]:
    """Return what to report about variables with our prefix that nothing reads.

    Args:
        given: Names of all variables; their case does not matter.
        prefix: The prefix.
        known: Names of the variables that are read.
    """
    ours = (name for name in given if name.upper().startswith(prefix))
    return [
        f"{name}: {suggestion(name.upper(), known, prefix)}"
        for name in sorted(ours)
        if name.upper() not in known and not _SERVICE_LINK.search(name.upper())
    ]


def suggestion(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return that a name is unknown, and the known name that was probably meant."""
    ends = [each.removeprefix(prefix) for each in known]
    if near := get_close_matches(name.removeprefix(prefix), ends, 1, 0.7):
        return f"unknown, did you mean {prefix}{near[0]}?"
    return "unknown; `glasses config` lists the settings"

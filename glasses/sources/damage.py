"""What ends the reading of an archive."""

from __future__ import annotations


class DamagedError(Exception):
    """The archive cannot be read further; what came before stands."""

"""Which photos of a report have a preview."""

from __future__ import annotations

from enum import StrEnum


class Previews(StrEnum):
    """Which photos have a preview: a picture for the large view."""

    NEEDED = "needed"
    """Those whose files browsers cannot show."""
    ALL = "all"
    """All: the large view needs no photo file."""
    NONE = "none"
    """None."""

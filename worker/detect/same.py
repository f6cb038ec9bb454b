"""Whether two boxes are of one face."""

from __future__ import annotations

from worker.detect.detection import Detection

OFF, LARGER = 0.4, 1.7
"""They are if the centres differ by less than this share of the larger side, and the sides by less
than this factor."""


def same(one: Detection, other: Detection) -> bool:
    """Whether two boxes are of one face."""
    side = max(one.width, other.width)
    across = one.left + one.width / 2 - other.left - other.width / 2
    down = one.top + one.height / 2 - other.top - other.height / 2
    near = abs(across) < OFF * side and abs(down) < OFF * side
    return bool(near and side < LARGER * min(one.width, other.width))

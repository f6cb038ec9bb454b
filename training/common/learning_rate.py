"""Learning rate schedules, as shares of the highest rate."""

from __future__ import annotations

import math
from collections.abc import Sequence


def warm_up_and_cosine(done: float, warm_up: float) -> float:
    """Return the share of the highest rate after a share `done` (0..1) of all steps.

    Args:
        done: Share of all steps.
        warm_up: Share of all steps during which the rate rises; a half cosine follows.
    """
    if done < warm_up:
        return (done + 1e-3) / (warm_up + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))


def step_decay(epoch: float, milestones: Sequence[int]) -> float:
    """Return the share of the highest rate: a tenth of it after each milestone (in epochs)."""
    return float(0.1 ** sum(int(epoch) >= milestone for milestone in milestones))

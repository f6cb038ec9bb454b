"""The kinds of faults, in groups, and the order in which a campaign injects them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from tests.chaos.clock import step_clock
from tests.chaos.cluster import Cluster
from tests.chaos.commands import flush_all
from tests.chaos.kills import (
    fill_memory,
    kill_child,
    kill_s3,
    kill_submitter,
    kill_valkey,
    kill_worker,
    restart_worker,
    stop_child,
    stop_worker,
)
from tests.chaos.network import leave_half_open, reset_connections, silence
from tests.chaos.power_cut import cut_power
from tests.chaos.replica import promote_replica

Fault = Callable[[Cluster, random.Random], bool]
"""Returns whether anything was done."""

GROUPS: dict[str, dict[Fault, int]] = {
    "cuts": {cut_power: 1},
    "kills": {kill_worker: 6, kill_child: 8, kill_valkey: 2, kill_s3: 2, kill_submitter: 1},
    "disturbances": {stop_child: 1, stop_worker: 1, restart_worker: 1, fill_memory: 1},
    "promotions": {promote_replica: 1},
    "flushes": {flush_all: 1},
    "clock_steps": {step_clock: 1},
    "disconnections": {reset_connections: 3, silence: 1, leave_half_open: 1},
}
"""Group -> kind -> its weight in the group."""


def schedule(seed: int, counts: Mapping[str, int]) -> list[Fault]:
    """Return the faults of a campaign in their order; the same for the same arguments."""
    chance = random.Random(f"{seed} faults")
    faults: list[Fault] = []
    for group, kinds in GROUPS.items():
        faults += chance.choices(list(kinds), list(kinds.values()), k=counts.get(group, 0))
    chance.shuffle(faults)
    return faults

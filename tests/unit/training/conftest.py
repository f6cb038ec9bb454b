"""Settings that OpenMP reads when torch is imported."""

from __future__ import annotations

import os

from training.common.allocator import WAIT

# One thread: the networks here are small, and several processes of tests share the cores.
for _name, _value in (WAIT | {"OMP_NUM_THREADS": "1"}).items():
    os.environ.setdefault(_name, _value)

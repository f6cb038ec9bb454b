"""Settings that OpenMP reads when torch is imported."""

from __future__ import annotations

import os

from training.common.allocator import WAIT

for _name, _value in WAIT.items():
    os.environ.setdefault(_name, _value)

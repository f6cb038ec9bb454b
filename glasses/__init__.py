"""Detect which people in a collection of photos wear glasses.

`classify` processes photos on this machine. A `Client` submits them to servers and workers.

>>> from glasses import classify
>>> for verdict in classify("demo/photos/hopper.jpg", "demo/photos/collins.jpg"):
...     print(verdict.image, verdict.glasses)
hopper.jpg True
collins.jpg False
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasses.client import Client
    from glasses.config.settings import Settings
    from glasses.in_process import classify
    from glasses.job import Job
    from glasses.protocol.verdict import Verdict

__all__ = ["Client", "Job", "Settings", "Verdict", "classify"]

_MODULES = {
    "Client": "glasses.client",
    "Job": "glasses.job",
    "Settings": "glasses.config.settings",
    "Verdict": "glasses.protocol.verdict",
    "classify": "glasses.in_process",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use: workers import this package without the client."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """Return the public names, whether they have been imported or not."""
    return __all__

"""Tell which people in a pile of photos wear glasses.

`classify` looks at photos here and now; a `Client` sends them to servers and workers.

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
    from glasses.in_process import classify

__all__ = ["Client", "classify"]

_PLACES = {"Client": "glasses.client", "classify": "glasses.in_process"}


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: every part imports this package, few need a client."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)

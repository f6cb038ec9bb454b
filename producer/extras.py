"""Packages that only the `worker` extra installs, which some commands need."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.util import find_spec

from glasses.config import extras

REQUIRED_PACKAGES = extras.WORKER_PACKAGES


def can_decode() -> bool:
    """Return whether the packages that decode and classify photos are installed."""
    return all(find_spec(name) for name in REQUIRED_PACKAGES)


def worker_extra(command: str) -> AbstractContextManager[None]:
    """Name the extra to install if an import in the block fails; see `glasses.config.extras`."""
    return extras.worker_extra(f"glasses {command}")

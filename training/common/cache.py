"""Stamps: each stage's result carries a hash of its inputs, and is skipped while they are equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.common.progress import log


def fingerprint(parts: Any) -> str:
    """Return a short hash of anything that JSON can represent."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """Return a file's sha256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_once(stamp: Path, key: str, make: Callable[[], None], name: str | None = None) -> bool:
    """Run a stage unless it was finished with the same key.

    Args:
        stamp: File that holds the key of the finished stage. It is written last, so a stage that
            is interrupted leaves none.
        key: Fingerprint of everything that the result depends on.
        make: Produces the result.
        name: What to call the stage when it is skipped; None skips silently.

    Returns:
        Whether `make` ran.
    """
    if stamp.is_file() and stamp.read_text() == key:
        if name is not None:
            log(f"{name}: up to date")
        return False
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    make()
    stamp.write_text(key)
    return True

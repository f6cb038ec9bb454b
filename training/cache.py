"""Each stage's result carries a stamp of what it was made from: unchanged means done."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def fingerprint(parts: Any) -> str:
    """A short hash of anything that JSON can hold."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """A file's sha256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_fresh(stamp: Path, key: str) -> bool:
    """Whether a stage has been finished for this key."""
    return stamp.is_file() and stamp.read_text() == key


def finish(stamp: Path, key: str) -> None:
    """Note that a stage is finished. Call it last: a stage that dies before leaves no stamp."""
    stamp.write_text(key)

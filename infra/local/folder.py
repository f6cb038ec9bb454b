"""What lies where in the local stack's folder (`$GLASSES_HOME`).

| path               | what                                             | `down` | `down --purge` |
|--------------------|--------------------------------------------------|--------|----------------|
| `stack.json`       | endpoints and processes of the stack that runs   | goes   | goes           |
| `credentials.json` | generated passwords; they belong to the data     | stays  | goes           |
| `s3-cert.pem`      | SeaweedFS' parts know each other by it …         | stays  | goes           |
| `s3-key.pem`       | … and this                                       | stays  | goes           |
| `ports.json`       | ports of the last run, taken again if free       | stays  | goes           |
| `valkey/`          | Valkey's configuration and append-only file      | stays  | goes           |
| `s3/`              | SeaweedFS' volumes and metadata                  | stays  | goes           |
| `logs/`            | one file a process                               | stays  | goes           |
| `starting.lock`    | held while a stack is being started or ended     | stays  | goes           |
| `wanted.json`      | how many worker processes `scale` asked for      | goes   | goes           |
| `supervisor.lock`  | held while a stack runs; says by which process   | stays  | goes           |
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from glasses.stack_file import CREDENTIALS, STACK_FILE, remove_stack

S3_CERT = "s3-cert.pem"
S3_KEY = "s3-key.pem"
PORTS = "ports.json"
VALKEY = "valkey"
S3 = "s3"
LOGS = "logs"
STARTING_LOCK = "starting.lock"
WANTED = "wanted.json"
SUPERVISOR_LOCK = "supervisor.lock"

_FOLDERS = (VALKEY, S3, LOGS)
_FILES = (
    CREDENTIALS,
    CREDENTIALS + ".partial",
    S3_CERT,
    S3_CERT + ".partial",
    S3_KEY,
    S3_KEY + ".partial",
    PORTS,
    PORTS + ".partial",
    STACK_FILE + ".partial",
    WANTED,
    WANTED + ".partial",
    SUPERVISOR_LOCK,
    STARTING_LOCK,
)


def prepare(home: Path) -> None:
    """Create the folder and those in it, for the owner's eyes only."""
    for folder in (home, *(home / name for name in _FOLDERS)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def log_file(home: Path, name: str) -> Path:
    """Where a process' output goes."""
    return home / LOGS / f"{name}.log"


def write_private(path: Path, text: str) -> None:
    """Write a file in one step that nobody else can read at any moment."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def purge(home: Path) -> None:
    """Remove everything that the stack wrote, and nothing else that lies in the folder."""
    remove_stack(home)
    for name in _FOLDERS:
        path = home / name
        if path.is_symlink():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)
    for name in _FILES:
        (home / name).unlink(missing_ok=True)

"""The local stack's folder (`$GLASSES_HOME`) and its files.

| path               | content                                          | `down`  | `down --purge` |
|--------------------|--------------------------------------------------|---------|----------------|
| `stack.json`       | endpoints and processes of the running stack     | deleted | deleted        |
| `credentials.json` | generated passwords, kept with the data          | kept    | deleted        |
| `s3-cert.pem`      | certificate of SeaweedFS' components             | kept    | deleted        |
| `s3-key.pem`       | its key                                          | kept    | deleted        |
| `s3.json`          | the credentials that SeaweedFS accepts           | kept    | deleted        |
| `ports.json`       | ports of the last run, reused if free            | kept    | deleted        |
| `valkey/`          | Valkey's configuration and append-only file      | kept    | deleted        |
| `s3/`              | SeaweedFS' volumes and metadata                  | kept    | deleted        |
| `logs/`            | one file per process                             | kept    | deleted        |
| `starting.lock`    | held while a stack is started or stopped         | kept    | deleted        |
| `requests.json`    | the last requests of `up`, `scale` and `down`    | kept    | deleted        |
| `requests.lock`    | held briefly while that file is written          | kept    | deleted        |
| `supervisor.lock`  | held by the supervisor; contains its pid         | kept    | deleted        |
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

from glasses.config.stack_file import CREDENTIALS, HOME_VARIABLE, STACK_FILE, remove_stack
from glasses.errors import InfrastructureError

S3_CERT = "s3-cert.pem"
S3_KEY = "s3-key.pem"
S3_IDENTITIES = "s3.json"
PORTS = "ports.json"
VALKEY = "valkey"
S3 = "s3"
LOGS = "logs"
STARTING_LOCK = "starting.lock"
REQUESTS = "requests.json"
REQUESTS_LOCK = "requests.lock"
SUPERVISOR_LOCK = "supervisor.lock"

_MIN_FREE_BYTES = 4 * 2**20
"""With less free space neither server writes reliably."""
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FOLDERS = (VALKEY, S3, LOGS)
_REMOVED = ".removed"
_FILES = (
    CREDENTIALS,
    CREDENTIALS + ".partial",
    S3_CERT,
    S3_CERT + ".partial",
    S3_KEY,
    S3_KEY + ".partial",
    S3_IDENTITIES,
    S3_IDENTITIES + ".partial",
    PORTS,
    PORTS + ".partial",
    STACK_FILE + ".partial",
    REQUESTS,
    REQUESTS + ".partial",
    REQUESTS_LOCK,
    SUPERVISOR_LOCK,
    STARTING_LOCK,
)


def prepare(home: Path) -> None:
    """Create the folder and its subfolders, accessible to the owner only.

    Raises:
        InfrastructureError: It is not writable, or another user could change it.
    """
    folder = home
    try:
        for folder in (home, *(home / name for name in _FOLDERS)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        _check_owner(home)
    except OSError as error:
        raise cannot_write(folder, error) from None


def _check_owner(home: Path) -> None:
    """Reject a folder that others control: they could impersonate a server and get credentials."""
    status = home.stat()
    is_ours = status.st_uid == os.geteuid() or not os.geteuid()
    if not is_ours or status.st_mode & stat.S_IWOTH:
        what = "can be written by every user" if is_ours else "belongs to another user"
        raise InfrastructureError(
            f"{home} {what} of this machine; set {HOME_VARIABLE} to a folder of your own"
        )


def log_file(home: Path, name: str) -> Path:
    """Return the path of a process's log."""
    return home / LOGS / f"{name}.log"


def write_private(path: Path, text: str) -> None:
    """Write a file atomically; only the owner can read it at any time.

    Raises:
        InfrastructureError: It cannot be written; the previous content is kept.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> InfrastructureError:
    """Return the error for a file or folder of the stack that cannot be written."""
    is_full = error.errno in _DISK_FULL
    advice = "free disk space" if is_full else f"set {HOME_VARIABLE} to a folder of your own"
    return InfrastructureError(f"{path} cannot be written: {error.strerror}; {advice}")


def disk_trouble(home: Path) -> str | None:
    """Describe what is wrong with the disk of a stack's folder; None if it is writable."""
    try:
        status = os.statvfs(home)
    except OSError as error:
        return f"{home} cannot be read: {error.strerror}"
    free = status.f_bavail * status.f_frsize
    if free < _MIN_FREE_BYTES or (status.f_files and not status.f_favail):
        return f"the disk of {home} is full ({free >> 20} MB free): free disk space"
    return None


def purge(home: Path) -> None:
    """Delete everything that the stack wrote, and nothing else in the folder.

    An interrupted purge leaves complete data or none: folders are renamed before they are deleted.
    """
    remove_stack(home)
    renames = [(home / name, home / (name + _REMOVED)) for name in _FOLDERS]
    for path, removed in renames:
        _remove(removed)  # left by an interrupted purge
        if os.path.lexists(path):
            path.rename(removed)
    for name in _FILES:
        (home / name).unlink(missing_ok=True)
    for _, removed in renames:
        _remove(removed)


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)

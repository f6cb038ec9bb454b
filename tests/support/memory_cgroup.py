"""A Linux control group with a memory limit, where one can be created."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TOP = Path("/sys/fs/cgroup/memory")


class MemoryGroup:
    """A group of cgroup v1."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def enter(self) -> list[str]:
        """Return the words that run a command in the group when put before it."""
        script = 'echo $$ > "$0" && exec "$@"'
        return ["/bin/sh", "-c", script, str(self._folder / "cgroup.procs")]

    @property
    def killed(self) -> int:
        """Return how many processes of the group the kernel has killed."""
        lines = (self._folder / "memory.oom_control").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


@contextmanager
def memory_group(size: int) -> Iterator[MemoryGroup | None]:
    """Create a group for the length of the context.

    Yields:
        The group; None if this process may not make one, or the machine has cgroup v2 only.
    """
    folder = _own() / f"glasses-{uuid.uuid4().hex}"
    try:
        folder.mkdir()
        (folder / "memory.limit_in_bytes").write_text(str(size))
    except OSError:
        if folder.is_dir():
            folder.rmdir()
        yield None
        return
    try:
        yield MemoryGroup(folder)
    finally:
        os.rmdir(folder)


def _own() -> Path:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if "memory" in controllers.split(","):
            return _TOP / name.lstrip("/")
    return _TOP / "missing"

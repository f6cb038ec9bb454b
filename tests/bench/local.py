"""A new local stack for a benchmark, and a client of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import load_settings
from infra.local import stack


@contextmanager
def local_stack(processes: int, chunk_size: int | None) -> Iterator[tuple[Client, dict[str, int]]]:
    """Start servers and workers; stop them and delete their data at the end.

    Args:
        processes: Worker processes.
        chunk_size: Maximum photos per chunk; the setting's default if None.

    Yields:
        The client, and the stack's process ids by name.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        up = stack.up(home, processes, load_settings())
        try:
            pids = {name: int(str(entry["pid"])) for name, entry in up.stack.processes.items()}
            settings = load_settings(**up.stack.settings, chunk_size=chunk_size)
            with Client(settings) as client:
                yield client, pids
        finally:
            stack.down(home, purge=True)

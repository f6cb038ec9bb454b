"""A local stack that does nothing else, and a client of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glasses.client import Client
from glasses.settings import load_settings
from infra.local import stack


@contextmanager
def local_stack(processes: int, chunk_size: int | None) -> Iterator[tuple[Client, dict[str, int]]]:
    """Start servers and workers, and take all away at the end.

    Args:
        processes: That classify.
        chunk_size: Photos in a message, at most; the default if not given.

    Yields:
        The client, and the process ids of the stack's parts by their name.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        up = stack.up(home, processes, load_settings())
        try:
            pids = {name: int(str(told["pid"])) for name, told in up.stack.processes.items()}
            settings = load_settings(**up.stack.settings, chunk_size=chunk_size)
            with Client(settings) as client:
                yield client, pids
        finally:
            stack.down(home, purge=True)

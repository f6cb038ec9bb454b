"""How much memory a worker process may have: a photo that needs more fails, not its neighbours."""

from __future__ import annotations

import resource

MIB = 2**20


def limit_memory(megabytes: int) -> None:
    """Bound this process's own data from now on; what exceeds it gets a MemoryError.

    Linux counts every private writable page here (`setrlimit(2)`, RLIMIT_DATA, since 4.7), but
    not the code and the model that all processes share.
    """
    limit = megabytes * MIB
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))

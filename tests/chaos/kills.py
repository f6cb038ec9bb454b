"""Processes die, sleep or are replaced."""

from __future__ import annotations

import random
import signal
import time
from typing import Any

import psutil

from tests.chaos.cluster import Cluster
from tests.support.stack import S3, VALKEY


def kill_worker(cluster: Cluster, chance: random.Random) -> bool:
    """Kill a worker with its children at once, as if its host died."""
    worker = chance.choice(cluster.workers)
    cluster.workers.remove(worker)
    worker.discard()
    cluster.start_worker()
    return True


def kill_child(cluster: Cluster, chance: random.Random) -> bool:
    """Kill a process of a worker's pool."""
    children = _children(cluster, chance)
    for child in children:
        child.kill()
    return bool(children)


def kill_submitter(cluster: Cluster, chance: random.Random) -> bool:
    """Kill a `glasses submit`; the same command is run again."""
    running = [each for each in cluster.submitters if each.process.poll() is None]
    if not running:
        return False
    chance.choice(running).process.kill()
    return True


def kill_valkey(cluster: Cluster, chance: random.Random) -> bool:
    """Kill Valkey and start it after a while; it keeps what it has written."""
    return _kill_server(cluster, VALKEY, chance.uniform(0.1, 2))


def kill_s3(cluster: Cluster, chance: random.Random) -> bool:
    """Kill the object store; it answers 500 for some time after its restart."""
    return _kill_server(cluster, S3, chance.uniform(0.1, 2))


def stop_child(cluster: Cluster, chance: random.Random) -> bool:
    """Suspend a process of a worker's pool, possibly for longer than its lease."""
    children = _children(cluster, chance)
    for child in children:
        child.suspend()
        cluster.after(chance.uniform(1, 5), lambda child=child: _resume(child))  # type: ignore[misc]
    return bool(children)


def stop_worker(cluster: Cluster, chance: random.Random) -> bool:
    """Suspend a worker with its children."""
    worker = chance.choice(cluster.workers)
    worker.signal(signal.SIGSTOP)

    def resume() -> None:
        if worker.process.poll() is None:
            worker.signal(signal.SIGCONT)

    cluster.after(chance.uniform(1, 5), resume)
    return True


def restart_worker(cluster: Cluster, chance: random.Random) -> bool:
    """Replace a worker by a new one, as a rolling update does."""
    cluster.let_go(chance.choice(cluster.workers))
    cluster.start_worker()
    return True


def fill_memory(cluster: Cluster, chance: random.Random) -> bool:
    """Make Redis reject all writes that need memory for a while."""
    redis: Any = cluster.client.redis
    redis.config_set("maxmemory", "1mb")
    time.sleep(chance.uniform(0.2, 2))
    redis.config_set("maxmemory", "0")
    return True


def _children(cluster: Cluster, chance: random.Random) -> list[psutil.Process]:
    worker = chance.choice(cluster.workers)
    try:
        return list(psutil.Process(worker.process.pid).children())
    except psutil.NoSuchProcess:
        return []


def _resume(process: psutil.Process) -> None:
    if process.is_running():
        process.resume()


def _kill_server(cluster: Cluster, name: str, seconds: float) -> bool:
    cluster.stack.kill(name)
    time.sleep(seconds)
    cluster.stack.start(name)
    return True

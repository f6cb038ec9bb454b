"""The kinds of trouble. Each is one function; a seed decides which, when and to whom."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any

import psutil

from tests.chaos.scene import Scene
from tests.support.stack import S3, VALKEY

Trouble = Callable[[Scene, random.Random], bool]
"""Returns whether something was done."""


def kill_worker(scene: Scene, chance: random.Random) -> bool:
    """A host goes: parent and children at once."""
    worker = chance.choice(scene.workers)
    scene.workers.remove(worker)
    worker.kill()
    worker.stop()
    scene.start_worker()
    return True


def kill_child(scene: Scene, chance: random.Random) -> bool:
    """A process of the pool goes."""
    children = _children(scene, chance)
    for child in children:
        child.kill()
    return bool(children)


def kill_valkey(scene: Scene, chance: random.Random) -> bool:
    """Redis crashes, and is there again after a while; its last second may be lost."""
    return _kill_server(scene, VALKEY, chance.uniform(0.1, 2))


def kill_s3(scene: Scene, chance: random.Random) -> bool:
    """The object store crashes; it answers 500 for some time after its restart."""
    return _kill_server(scene, S3, chance.uniform(0.1, 2))


def stop_child(scene: Scene, chance: random.Random) -> bool:
    """A process of the pool sleeps for longer than its lease, and goes on."""
    children = _children(scene, chance)
    for child in children:
        child.suspend()
        _later(scene, chance.uniform(1, 5), lambda c=child: _resume(c))  # type: ignore[misc]
    return bool(children)


def stop_worker(scene: Scene, chance: random.Random) -> bool:
    """A host sleeps."""
    worker = chance.choice(scene.workers)
    worker.signal(signal.SIGSTOP)

    def go_on() -> None:
        if worker.process.poll() is None:
            worker.signal(signal.SIGCONT)

    _later(scene, chance.uniform(1, 5), go_on)
    return True


def restart_worker(scene: Scene, chance: random.Random) -> bool:
    """A worker is told to end, and another one starts: a rolling update."""
    scene.let_go(chance.choice(scene.workers))
    scene.start_worker()
    return True


def fill_memory(scene: Scene, chance: random.Random) -> bool:
    """Redis takes nothing that needs memory for a while."""
    redis: Any = scene.client.redis
    redis.config_set("maxmemory", "1mb")
    time.sleep(chance.uniform(0.2, 2))
    redis.config_set("maxmemory", "0")
    return True


KILLS: dict[Trouble, int] = {kill_worker: 3, kill_child: 4, kill_valkey: 1, kill_s3: 1}
"""Kind -> how often, beside the others."""
OTHERS: dict[Trouble, int] = {stop_child: 1, stop_worker: 1, restart_worker: 1, fill_memory: 1}


def _children(scene: Scene, chance: random.Random) -> list[psutil.Process]:
    worker = chance.choice(scene.workers)
    try:
        return list(psutil.Process(worker.process.pid).children())
    except psutil.NoSuchProcess:
        return []


def _resume(process: psutil.Process) -> None:
    if process.is_running():
        process.resume()


def _kill_server(scene: Scene, name: str, seconds: float) -> bool:
    scene.stack.kill(name)
    time.sleep(seconds)
    scene.stack.start(name)
    return True


def _later(scene: Scene, seconds: float, act: Callable[[], None]) -> None:
    scene.later.append((time.monotonic() + seconds, act))

"""Prometheus metrics, read from Redis at each scrape: workers need no HTTP server of their own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from redis.exceptions import RedisError

from glasses.census import Census, take_census
from glasses.errors import InfrastructureError, UsageError
from glasses.redis_client import connect
from glasses.settings import Settings
from glasses.workers import WorkerInfo

try:
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
except ImportError:
    raise UsageError(
        "the exporter needs prometheus-client, which is not installed. "
        "Run `pip install 'people-with-glasses[metrics]'`."
    ) from None

_log = logging.getLogger(__name__)

GAUGES: dict[str, tuple[str, Callable[[WorkerInfo], float]]] = {
    "processes": ("Processes of a worker's pool.", lambda w: w.processes),
    "busy_processes": ("Processes that are at a chunk.", lambda w: w.busy),
    "photos_per_second": ("Photos a second, in the last 30 s.", lambda w: w.photos_per_second),
    "memory_bytes": ("PSS of a worker's processes.", lambda w: (w.memory_mb or 0) * 1e6),
    "start_time_seconds": ("When it started, Unix time.", lambda w: w.started),
    "seen_time_seconds": ("Its last heartbeat, Unix time.", lambda w: w.seen),
}
COUNTERS: dict[str, tuple[str, Callable[[WorkerInfo], float]]] = {
    "photos": ("Photos that it gave verdicts.", lambda w: w.photos),
    "attempts": ("Runs of chunks.", lambda w: w.chunks),
    "repeated_attempts": ("Runs that were not their chunk's first.", lambda w: w.repeated),
    "died_attempts": ("Runs that died, raised or took too long.", lambda w: w.died),
    "reconciled_chunks": ("Lost chunks that it queued again.", lambda w: w.reconciled),
}


class Collector:
    """Asks Redis when Prometheus asks."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings, patient=False)

    def collect(self) -> Iterator[Any]:
        """All metrics; `glasses_up 0` alone when Redis does not answer."""
        up = GaugeMetricFamily("glasses_up", "Whether Redis answers.")
        try:
            census = take_census(self._redis)
        except RedisError as error:
            _log.warning("Redis does not answer: %s", error)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _of_jobs(census)
        yield from _of_workers(census.workers)


def _of_jobs(census: Census) -> Iterator[Any]:
    yield _family("photos", "Photos of all jobs, by status.", ["status"], census.photos)
    yield _family("jobs", "Jobs, by state.", ["state"], census.jobs)
    queued = GaugeMetricFamily(
        "glasses_queue_messages",
        "Chunks in the queue that no worker has taken.",
        labels=["lane", "priority"],
    )
    for (lane, priority), depth in census.queued.items():
        queued.add_metric([str(lane), str(priority)], depth)
    yield queued
    for name, what, value in (
        ("queue_unacked", "Chunks that workers have taken.", census.unacked),
        ("chunks_waiting", "Chunks that wait, by the ledger.", census.waiting),
        ("chunks_running", "Chunks under lease.", census.running),
        ("oldest_chunk_seconds", "How long the oldest chunk has waited.", census.oldest_seconds),
        ("workers", "Live workers.", len(census.workers)),
    ):
        yield GaugeMetricFamily(f"glasses_{name}", what, value=value)


def _of_workers(workers: list[WorkerInfo]) -> Iterator[Any]:
    info = GaugeMetricFamily(
        "glasses_worker_info", "A live worker.", labels=["worker", "model", "deployment"]
    )
    stages = CounterMetricFamily(
        "glasses_worker_stage_seconds", "Time by stage.", labels=["worker", "stage"]
    )
    for worker in workers:
        info.add_metric([worker.worker_id, worker.model, worker.deployment or ""], 1)
        for stage, seconds in worker.stages.items():
            stages.add_metric([worker.worker_id, stage], seconds)
    yield info
    yield stages
    for kind, metrics in ((GaugeMetricFamily, GAUGES), (CounterMetricFamily, COUNTERS)):
        for name, (what, value) in metrics.items():
            family = kind(f"glasses_worker_{name}", what, labels=["worker"])
            for worker in workers:
                family.add_metric([worker.worker_id], value(worker))
            yield family


def _family(name: str, what: str, labels: list[str], values: dict[str, int]) -> Any:
    family = GaugeMetricFamily(f"glasses_{name}", what, labels=labels)
    for label, value in values.items():
        family.add_metric([label], value)
    return family


def serve(settings: Settings, address: str, port: int) -> tuple[int, Callable[[], None]]:
    """Serve metrics from a thread.

    Args:
        settings: Where Redis is.
        address: Where to listen.
        port: Likewise; 0 takes a free one.

    Returns:
        The port, and what ends it.

    Raises:
        InfrastructureError: The port is taken, or Redis is not configured.
    """
    registry = CollectorRegistry()
    registry.register(Collector(settings))
    try:
        server, thread = start_http_server(port, address, registry)
    except OSError as error:
        raise InfrastructureError(f"cannot listen on {address}:{port}: {error}") from error

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return int(server.server_port), end


def run(settings: Settings, address: str, port: int, on_ready: Callable[[int], None]) -> None:
    """Serve until SIGINT or SIGTERM."""
    import signal

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    port, end = serve(settings, address, port)
    on_ready(port)
    ended.wait()
    end()

"""The Prometheus exporter: reads all metrics from Redis at each scrape, so workers need no port."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from redis.exceptions import RedisError

from glasses.config.settings import Settings
from glasses.errors import InfrastructureError, UsageError
from glasses.ledger.queue_stats import QueueStats, collect_queue_stats
from glasses.ledger.redis_client import connect
from glasses.ledger.workers import WorkerInfo

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
    "processes": ("Processes in the worker's pool.", lambda w: w.processes),
    "busy_processes": ("Processes that are working on a chunk.", lambda w: w.busy),
    "photos_per_second": ("Photos per second over the last 30 s.", lambda w: w.photos_per_second),
    "memory_bytes": ("PSS of the worker's processes.", lambda w: (w.memory_mb or 0) * 1e6),
    "start_time_seconds": ("Start time of the worker, Unix time.", lambda w: w.started),
    "last_heartbeat_timestamp_seconds": ("Last heartbeat, Unix time.", lambda w: w.seen),
}
COUNTERS: dict[str, tuple[str, Callable[[WorkerInfo], float]]] = {
    "photos": ("Photos processed.", lambda w: w.photos),
    "chunk_attempts": ("Attempts at chunks.", lambda w: w.chunks),
    "chunk_retries": ("Attempts that were not the chunk's first.", lambda w: w.repeated),
    "chunk_failures": ("Attempts that crashed, raised or timed out.", lambda w: w.died),
    "requeued_chunks": ("Lost chunks that the worker queued again.", lambda w: w.reconciled),
}


class Collector:
    """Collects the metrics from Redis at each scrape."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings, patient=False)

    def collect(self) -> Iterator[Any]:
        """Yield all metrics; only `glasses_redis_up 0` if Redis does not respond."""
        up = GaugeMetricFamily("glasses_redis_up", "1 if Redis responds, otherwise 0.")
        try:
            stats = collect_queue_stats(self._redis)
        except RedisError as error:
            _log.warning("Redis does not respond: %s", error)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _job_metrics(stats)
        yield from _worker_metrics(stats.workers)


def _job_metrics(stats: QueueStats) -> Iterator[Any]:
    yield _family("photos", "Photos of all jobs by status.", ["status"], stats.photos)
    yield _family("jobs", "Jobs by state.", ["state"], stats.jobs)
    queued = GaugeMetricFamily(
        "glasses_queue_messages",
        "Messages in the queue by partition and priority.",
        labels=["partition", "priority"],
    )
    for (partition, priority), depth in stats.queued.items():
        queued.add_metric([str(partition), str(priority)], depth)
    yield queued
    for name, documentation, value in (
        ("chunks_pending", "Chunks that wait for a worker, by the ledger.", stats.waiting),
        ("chunks_leased", "Chunks that are leased by a worker.", stats.running),
        ("chunks_suspended", "Chunks of paused jobs, or that no live worker can process.",
         stats.suspended),
        # One figure for autoscalers, which read a single metric.
        ("backlog_chunks", "Chunks that are pending or leased.", stats.waiting + stats.running),
        ("oldest_pending_chunk_age_seconds", "Age of the oldest pending chunk.",
         stats.oldest_seconds),
        ("workers", "Live workers.", len(stats.workers)),
    ):  # fmt: skip
        yield GaugeMetricFamily(f"glasses_{name}", documentation, value=value)


def _worker_metrics(workers: list[WorkerInfo]) -> Iterator[Any]:
    info = GaugeMetricFamily(
        "glasses_worker_info",
        "A live worker and its model.",
        labels=["worker", "model", "deployment"],
    )
    stages = CounterMetricFamily(
        "glasses_worker_stage_seconds", "Time spent by stage.", labels=["worker", "stage"]
    )
    for worker in workers:
        info.add_metric([worker.worker_id, worker.model, worker.deployment or ""], 1)
        for stage, seconds in worker.stages.items():
            stages.add_metric([worker.worker_id, stage], seconds)
    yield info
    yield stages
    for kind, metrics in ((GaugeMetricFamily, GAUGES), (CounterMetricFamily, COUNTERS)):
        for name, (documentation, value) in metrics.items():
            family = kind(f"glasses_worker_{name}", documentation, labels=["worker"])
            for worker in workers:
                family.add_metric([worker.worker_id], value(worker))
            yield family


def _family(name: str, documentation: str, labels: list[str], values: dict[str, int]) -> Any:
    family = GaugeMetricFamily(f"glasses_{name}", documentation, labels=labels)
    for label, value in values.items():
        family.add_metric([label], value)
    return family


def serve(settings: Settings, address: str, port: int) -> tuple[int, Callable[[], None]]:
    """Serve metrics from a thread.

    Args:
        settings: Settings with the Redis URL.
        address: Address to listen on.
        port: Port to listen on; 0 chooses a free one.

    Returns:
        The port, and a function that stops the server.

    Raises:
        InfrastructureError: The port is taken, or Redis is not configured.
    """
    registry = CollectorRegistry()
    registry.register(Collector(settings))
    try:
        server, thread = start_http_server(port, address, registry)
    except OSError as error:
        raise InfrastructureError(f"cannot listen on {address}:{port}: {error}") from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return int(server.server_port), stop


def run(settings: Settings, address: str, port: int, on_ready: Callable[[int], None]) -> None:
    """Serve until SIGINT or SIGTERM."""
    import signal

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    port, stop = serve(settings, address, port)
    on_ready(port)
    stopped.wait()
    stop()

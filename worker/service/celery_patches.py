"""All monkey patches of Celery, kombu and billiard, each with the test that fails without it.

`Channel` (kombu 5.7.0, `transport/redis.py`, `Channel._brpop_read`): kombu trusts every header of a
    message, and an exception that a message causes passes through the event loop and shuts down the
    worker. Test: `tests/integration/security/test_foreign_messages.py`.
`QoS` (kombu 5.7.0, `transport/redis.py`, `QoS`; celery #8030 and #8091): after an acknowledgement
    that Redis missed, the worker counts itself as full and takes no more messages. kombu also
    trusts what others write into `unacked`, which can shut down the worker. Tests:
    `tests/unit/worker/service/test_celery_patches.py`,
    `tests/integration/security/test_foreign_messages.py`.
`_avoid_cffi` (billiard 4.3.2, `util.set_pdeathsig`): each process parses C declarations. Test:
    `tests/unit/worker/service/test_process.py`.
`_shorten_shutdown` (billiard 4.3.2, `pool.Worker._ensure_messages_consumed`): a process that is
    told to stop waits 30 s for its parent. Test: `tests/integration/scaling/test_shutdown.py`.
`_flush` (celery 5.6.3, `concurrency.asynpool.AsynPool.flush`; celery #10346): after a lost
    connection the pool takes busy processes for idle ones, and hands a second chunk to one of them
    while another waits. Test: `tests/integration/scaling/test_reconnects.py`.
`_on_close` (celery 5.6.3, `worker.consumer.Consumer.on_close`; celery #10345): the worker forgets
    its running chunks as well, and takes as many again from the queue. Test: the same.
`Timer` (celery 5.6.3, `worker.loops.asynloop`; celery #10888): time limits of running chunks are
    lost with the connection, so a hung one occupies its process forever. Test:
    `tests/unit/worker/service/test_celery_patches.py`.
`_say` (celery 5.6.3, `apps.worker.safe_say`): handlers of signals print lines that are not log
    lines. Test: `tests/integration/scaling/test_json_log.py`.

`worker.__main__` keeps kombu from importing PyYAML; that has to happen before kombu is imported.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from heapq import heapify
from queue import Empty
from typing import Any

import billiard.pool
import billiard.util
import celery.apps.worker
import celery.worker.components
from celery.concurrency.asynpool import AsynPool
from celery.worker import state
from celery.worker.consumer import Consumer
from kombu.asynchronous import get_event_loop
from kombu.asynchronous import timer as kombu_timer
from kombu.transport import redis, virtual
from kombu.utils.encoding import bytes_to_str

from glasses.config.log_stream import log_from_signal_handler
from worker.service.broker import ForeignMessageError, Rejections, rebuild_message

_SHUTDOWN_RETRIES = 20
"""How often an exiting process checks, every 0.1 s, that its parent has counted its last chunk."""
_log = logging.getLogger(__name__)


def install_channel(connection_class: type | None = None) -> None:
    """Use `Channel` for every later connection of this process.

    Args:
        connection_class: Replaces redis-py's, to find a primary through Sentinels.
    """
    redis.Transport.Channel = Channel
    if connection_class:
        Channel.connection_class = Channel.connection_class_ssl = connection_class


def keep_running_chunks() -> None:
    """Make the worker remember, over a lost connection, what its processes are doing."""
    celery.worker.components._Timer = Timer
    AsynPool.flush = _flush
    Consumer.on_close = _on_close


def log_signals() -> None:
    """Log what Celery's signal handlers print."""
    celery.apps.worker.safe_say = _say


def _say(message: str, _stream: object = None) -> None:
    log_from_signal_handler(celery.apps.worker.__name__, message)


def before_fork() -> None:
    """Apply the patches that the processes of the pool inherit."""
    _avoid_cffi()
    _shorten_shutdown()


class QoS(virtual.QoS):  # type: ignore[misc]
    """Keeps unacknowledged messages in the worker's memory only.

    kombu's QoS also writes them to Redis (`unacked`) to deliver them again after an hour. The
    ledger's leases and the reconciler do that within seconds. With kombu's QoS, a worker that
    cannot acknowledge a message counts it as unfinished forever, and a full worker asks for no
    other message.
    """

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Drop a message, or put it back into its queue if `requeue` is true."""
        message = self._delivered.get(delivery_tag)
        self.ack(delivery_tag)
        if requeue and message is not None:
            self._put_back([message])

    def restore_unacked_once(self, stderr: Any = None) -> None:  # noqa: ARG002
        """Put back unacknowledged messages when the connection closes."""
        self._on_collect.cancel()
        self._flush()
        self._put_back(list(self._delivered.values()))
        self._delivered.clear()
        self._delivered.restored = True

    def _put_back(self, messages: list[Any]) -> None:
        if self.channel.connection is None:
            return  # they were put back when the channel was closed
        try:
            for message in messages:
                self.channel._restore(message)
        except (*self.channel.connection_errors, self.channel.ResponseError) as error:
            _log.warning("chunks not put back; the reconciler will queue them again: %s", error)


class Channel(redis.Channel):  # type: ignore[misc]
    """Delivers only messages that `worker.service.broker` has validated and rebuilt."""

    ack_emulation = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.QoS = QoS

    def _brpop_read(self, **options: Any) -> bool:
        try:
            source, raw = self._pop(options)
            self._queue_cycle.rotate(source.rsplit(self.sep, 1)[0])
            try:
                message = rebuild_message(raw, source)
            except ForeignMessageError as error:
                _rejections.add(str(error))
                raise Empty from None
            self.connection._deliver(message, message["properties"]["delivery_info"]["routing_key"])
            return True
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def _pop(self, options: dict[str, Any]) -> tuple[str, bytes]:
        """Return the list and the message of a finished BRPOP.

        Raises:
            Empty: All lists are empty.
        """
        try:
            answer = self.client.parse_response(self.client.connection, "BRPOP", **options)
        except self.connection_errors:
            self.client.connection.disconnect()  # the event loop connects again
            raise
        if not answer:
            raise Empty
        return bytes_to_str(answer[0]), answer[1]


def _call_later(seconds: float, callback: Any) -> None:
    loop = get_event_loop()
    if loop is not None:
        loop.call_later(seconds, callback)


_rejections = Rejections(_call_later)
"""One per process, since it outlives a connection."""


class Timer(kombu_timer.Timer):  # type: ignore[misc]
    """A timer whose time limits outlive a lost connection, after which Celery clears it."""

    def clear(self) -> None:
        """Remove all entries but the time limits of running chunks."""
        self._queue[:] = [event for event in self._queue if _is_time_limit(event.entry)]
        heapify(self._queue)


def _is_time_limit(entry: Any) -> bool:
    limits = (AsynPool._on_soft_timeout, AsynPool._on_hard_timeout)
    return getattr(entry.fun, "__func__", None) in limits


_original_flush = AsynPool.flush
_original_on_close = Consumer.on_close


def _flush(pool: Any) -> None:
    """Forget the chunks that no process has been given, but not which processes have one."""
    given = [job for job in pool._cache.values() if job._write_to is not None]
    _original_flush(pool)
    for job in given:
        if job._write_to._is_alive() and not job.ready():
            pool._cache[job._job] = job  # forgotten if its process has not said that it began
            pool._busy_workers.add(job._write_to.inqW_fd)


def _on_close(consumer: Any) -> None:
    """Forget the reservations of chunks that no process has been given, but not the others."""
    reserved = tuple(state.reserved_requests)
    _original_on_close(consumer)
    jobs = set(map(id, consumer.pool._pool._cache.values()))
    for request in reserved:
        job = request._apply_result and request._apply_result()
        if id(job) in jobs:
            state.reserved_requests.add(request)
        else:
            state.requests.pop(request.id, None)


def _avoid_cffi() -> None:
    """Make billiard call prctl(2) through ctypes, as it does where cffi is not installed.

    With cffi it parses a C declaration in each process, which takes some MB.
    """
    billiard.util.ctypes = ctypes
    sys.modules.pop("cffi", None)


def _shorten_shutdown() -> None:
    """Limit to 2 s, instead of 30 s, how long an exiting process waits for its parent.

    The process waits until its parent has counted its last result
    (`Worker._ensure_messages_consumed`). A parent that is stopped just after it handed out a chunk
    forgets the chunk before it hears that the process began (celery 5.6.3, `AsynPool.flush`), and
    never counts the result. The verdicts are in the ledger by then.
    """
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = _SHUTDOWN_RETRIES

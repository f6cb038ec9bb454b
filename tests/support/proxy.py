"""A TCP proxy that can cut, hold and slow the network between clients and a server."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_BLOCK = 1 << 16


class Proxy:
    """Forwards connections to a server until it is told to fail.

    Attributes:
        delay: Seconds by which each block is delayed.
        rate: Bytes per second over all connections; 0 for no limit.
        answers: Number of blocks that the server has sent.
    """

    def __init__(self, target: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._target = target
        self._listener = socket.create_server((host, 0))
        # A slow link buffers little.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BLOCK)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._passing = threading.Event()
        self._passing.set()
        self._cut = False
        self._forgotten: set[socket.socket] = set()
        self.delay = 0.0
        self.rate = 0.0
        self._free = 0.0
        self._turn = threading.Lock()
        self.answers = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection and refuse new ones until `mend`."""
        self._cut = True
        for end in list(self._open):
            _close(end)

    def hold(self) -> None:
        """Forward nothing and keep the connections open until `mend`, like a disconnected cable."""
        self._passing.clear()

    def reset(self) -> None:
        """Reset every connection (RST, not FIN); accept new ones."""
        ends = list(self._open)
        for end in ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)  # wakes the thread that reads, which closes both

    def forget(self) -> None:
        """Leave every connection half-open: nothing is forwarded and neither side is notified.

        New connections are served, as by a firewall that lost its table.
        """
        self._forgotten |= self._open

    def mend(self) -> None:
        """Forward again."""
        self._cut = False
        self._passing.set()

    def close(self) -> None:
        """Close the proxy."""
        self.mend()
        self.cut()
        _close(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._cut:
                _close(client)
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:
                _close(client)
                continue
            self._open |= {client, server}
            for pair in ((client, server, 0), (server, client, 1)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _throttle(self, size: int) -> None:
        if self.rate:
            with self._turn:
                self._free = max(self._free, time.monotonic()) + size / self.rate
                free = self._free
            time.sleep(max(0.0, free - time.monotonic()))

    def _pump(self, source: socket.socket, sink: socket.socket, answers: int) -> None:
        with suppress(OSError):
            while data := source.recv(_BLOCK):
                self._passing.wait()
                if source in self._forgotten:
                    continue
                if self.delay:
                    time.sleep(self.delay)
                self._throttle(len(data))
                sink.sendall(data)
                self.answers += answers
        for end in (source, sink):
            self._open.discard(end)
            self._forgotten.discard(end)
            _close(end)


@contextmanager
def proxy(port: int, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Yield a proxy in front of a port of this machine."""
    made = Proxy(("127.0.0.1", port), host)
    try:
        yield made
    finally:
        made.close()


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        lingers, _ = struct.unpack("ii", end.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
        # A FIN must not come before a reset. Either way a thread that still reads wakes up: until
        # it does, the system keeps the connection open.
        end.shutdown(socket.SHUT_RD if lingers else socket.SHUT_RDWR)
    end.close()


@dataclass(frozen=True, slots=True)
class Network:
    """The proxies between clients and servers."""

    redis: Proxy
    s3: Proxy

"""A TCP proxy, to cut, hold and slow the network between a client and a server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_BLOCK = 1 << 16


class Proxy:
    """Forwards connections; what is cut stays cut until it is mended.

    Attributes:
        delay: Seconds that each block is held back.
        answers: Blocks that the server has sent so far.
    """

    def __init__(self, target: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._target = target
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._passing = threading.Event()
        self._passing.set()
        self._cut = False
        self.delay = 0.0
        self.answers = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection, and refuse new ones."""
        self._cut = True
        for end in list(self._open):
            _close(end)

    def hold(self) -> None:
        """Let nothing through, and say nothing: a cable is out."""
        self._passing.clear()

    def mend(self) -> None:
        """Serve again."""
        self._cut = False
        self._passing.set()

    def close(self) -> None:
        """End it."""
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

    def _pump(self, source: socket.socket, sink: socket.socket, answers: int) -> None:
        with suppress(OSError):
            while data := source.recv(_BLOCK):
                self._passing.wait()
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
                self.answers += answers
        for end in (source, sink):
            self._open.discard(end)
            _close(end)


@contextmanager
def proxy(port: int, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """A proxy before a port of this machine, on an address of it."""
    made = Proxy(("127.0.0.1", port), host)
    try:
        yield made
    finally:
        made.close()


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

"""A TLS endpoint in front of a server without TLS, with a generated certificate."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of `localhost` and its CA."""

    ca: Path
    cert: Path
    key: Path


def certificate(folder: Path) -> Certificate:
    """Generate a CA and a certificate."""
    made = Certificate(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    ca_key, request, names = folder / "ca-key.pem", folder / "request.pem", folder / "names"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for line in (
        f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout {ca_key} "
        f"-out {made.ca}",
        f"req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout {made.key} -out {request}",
        f"x509 -req -days 2 -in {request} -CA {made.ca} -CAkey {ca_key} -CAcreateserial "
        f"-extfile {names} -out {made.cert}",
    ):
        subprocess.run(["openssl", *line.split()], check=True, capture_output=True)
    return made


@contextmanager
def tls_before(port: int, made: Certificate) -> Iterator[int]:
    """Yield a port that accepts TLS and forwards to another port of this machine."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.cert, made.key)
    loop = asyncio.new_event_loop()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            ends.append(inner_writer)
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        finally:  # also when cancelled: an open transport would warn in a later test
            for end in ends:
                end.transport.abort()

    async def end_all() -> None:
        server.close()
        handlers = asyncio.all_tasks() - {asyncio.current_task()}
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await asyncio.sleep(0.1)  # transports close themselves in the loop's next rounds

    server = loop.run_until_complete(asyncio.start_server(handle, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(end_all())
        loop.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()

"""Every port of the local stack, asked by somebody who has no key: no photo, no harm."""

from __future__ import annotations

import http.client
import socket
from contextlib import closing, suppress
from urllib.parse import urlsplit

import psutil

from glasses.client import Client
from glasses.object_store import image_key
from glasses.settings import Settings

PHOTO = b"a photo that nobody else may see " * 99
SHA256 = "0" * 64
SECONDS = 20


def listening(port: int) -> list[tuple[str, int]]:
    """All addresses on which the process listens that has this port."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            found = [
                c.laddr for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN
            ]
            if any(address.port == port for address in found):
                return [(address.ip, address.port) for address in found]
    raise AssertionError(f"nobody listens on {port}")


def answer(port: int, method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request(method, path)
        return connection.getresponse().read()
    return b""


def test_nobody_without_a_key_reads_or_deletes_by_http(settings: Settings, client: Client) -> None:
    key = image_key(SHA256)
    client.store.put(key, PHOTO)
    bucket = settings.s3_bucket
    assert settings.redis_url
    redis_port = urlsplit(settings.redis_url.get_secret_value()).port
    s3_port = urlsplit(settings.s3_endpoint or "").port
    assert redis_port
    assert s3_port
    addresses = listening(redis_port) + listening(s3_port)
    assert {ip for ip, _ in addresses} == {"127.0.0.1"}
    assert len(addresses) >= 10
    paths = [
        "/", f"/{bucket}/{key}", f"/buckets/{bucket}/{key}", f"/buckets/{bucket}/",
        f"/buckets/{bucket}?recursive=true", f"/col/delete?collection={bucket}", "/dir/assign",
        "/dir/status", "/dir/lookup?volumeId=1&read=yes", "/1,01637037d6",
        f"/?collection={bucket}", "/vol/vacuum", f"/buckets/{bucket}/{key}?metadata=true",
    ]  # fmt: skip
    for _, port in addresses:
        for path in paths:
            for method in ("GET", "POST", "PUT", "DELETE"):
                said = answer(port, method, path)
                assert PHOTO[:32] not in said, (port, method, path)
                assert SHA256.encode() not in said or port == s3_port, (port, method, path)
    assert client.store.get(key) == PHOTO
    assert list(client.store.keys("")) == [key]


def test_redis_asks_for_its_password(settings: Settings) -> None:
    assert settings.redis_url
    port = urlsplit(settings.redis_url.get_secret_value()).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=SECONDS) as stranger:
        stranger.sendall(b"KEYS *\r\n")
        assert stranger.recv(99).startswith(b"-NOAUTH")

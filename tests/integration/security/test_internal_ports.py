"""No port of the local stack shows or deletes a photo without credentials."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import psutil

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.storage.object_store import image_key
from tests.support.raw_http import response_body

PHOTO = b"a photo that nobody else may see " * 99
SHA256 = "0" * 64
SECONDS = 20


def listening(port: int) -> list[tuple[str, int]]:
    """Return all addresses on which the owner of this port listens."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            found = [
                c.laddr for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN
            ]
            if any(address.port == port for address in found):
                return [(address.ip, address.port) for address in found]
    raise AssertionError(f"nobody listens on {port}")


def test_http_requests_without_a_key_read_and_delete_nothing(
    settings: Settings, client: Client
) -> None:
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
                said = response_body(port, method, path)
                assert PHOTO[:32] not in said, (port, method, path)
                assert SHA256.encode() not in said or port == s3_port, (port, method, path)
    assert client.store.get(key) == PHOTO
    assert list(client.store.keys("")) == [key]


def test_redis_requires_its_password(settings: Settings) -> None:
    assert settings.redis_url
    port = urlsplit(settings.redis_url.get_secret_value()).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=SECONDS) as stranger:
        stranger.sendall(b"KEYS *\r\n")
        assert stranger.recv(99).startswith(b"-NOAUTH")

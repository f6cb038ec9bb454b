"""Lifecycle rules of the bucket on servers that implement only part of S3."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from glasses.config.settings import Settings, load_settings
from glasses.errors import InfrastructureError
from glasses.storage.bucket import ensure_bucket


class Server(BaseHTTPRequestHandler):
    """A server that stores lifecycle rules, except those that contain `refused`."""

    requests: list[bytes]
    refused = b"AbortIncompleteMultipartUpload"
    stored = b""
    code = "NotImplemented"

    def do_HEAD(self) -> None:
        self._answer(200)

    def do_GET(self) -> None:
        self._answer(200, type(self).stored)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append(body)
        if self.refused in body:
            self._answer(501, f"<Error><Code>{self.code}</Code></Error>".encode())
        else:
            type(self).stored = body
            self._answer(200)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def settings() -> Iterator[Settings]:
    Server.requests, Server.stored = [], b""
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield load_settings(
            redis_url="redis://127.0.0.1:1",
            s3_endpoint=f"http://127.0.0.1:{server.server_port}",
            s3_access_key="a",
            s3_secret_key="b",
        )
        server.shutdown()


def test_a_server_that_cannot_abort_unfinished_uploads_still_lets_photos_expire(
    settings: Settings,
) -> None:
    assert ensure_bucket(settings, 7, ["packs/"])
    assert b"<Days>14</Days>" in Server.stored
    assert b"<Prefix>packs/</Prefix>" in Server.stored
    assert b"AbortIncompleteMultipartUpload" not in Server.stored


def test_a_server_without_rules_is_told_from_one_that_denies_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "refused", b"Rule")
    assert not ensure_bucket(settings, 7, ["packs/"])
    monkeypatch.setattr(Server, "code", "AccessDenied")
    with pytest.raises(InfrastructureError, match="AccessDenied"):
        ensure_bucket(settings, 7, ["packs/"])


def test_rules_that_the_user_has_set_are_kept(settings: Settings) -> None:
    Server.stored = (
        b"<LifecycleConfiguration><Rule><ID>mine</ID><Status>Enabled</Status>"
        b"<Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>3</Days></Expiration>"
        b"</Rule><Rule><ID>glasses-old</ID><Status>Enabled</Status></Rule></LifecycleConfiguration>"
    )
    assert ensure_bucket(settings, 7, ["packs/"])
    assert re.findall(b"<ID>(.*?)</ID>", Server.stored) == [b"mine", b"glasses-packs"]

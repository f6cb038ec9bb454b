"""The words of an S3 server reach the user, with what to do next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from glasses.config.settings import Settings, load_settings
from glasses.errors import InfrastructureError
from glasses.storage import listing
from glasses.storage.object_store import ObjectStore


class Server(BaseHTTPRequestHandler):
    """A server that refuses every request."""

    status, code, message = 0, "", ""

    def do_GET(self) -> None:
        xml = f"<?xml version='1.0'?><Error><Code>{self.code}</Code>"
        body = f"{xml}<Message>{self.message}</Message></Error>".encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass

    do_HEAD = do_GET  # noqa: N815


@pytest.fixture
def settings() -> Iterator[Settings]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield load_settings(
            redis_url="redis://127.0.0.1:1",
            s3_endpoint=f"http://127.0.0.1:{server.server_port}",
            s3_access_key="a",
            s3_secret_key="b",
            s3_retry_seconds=0.1,
        )
        server.shutdown()


CASES = [
    (403, "RequestTimeTooSkewed", "The difference is too large.", "by NTP"),
    (400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting "
     "'eu-central-1'", "Set s3_region"),
    (400, "IllegalLocationConstraintException", "The location is wrong.", "Set s3_region"),
    (403, "SecondLevelDomainForbidden", "Please use virtual hosted style to access.",
     "virtual-host requests are not supported"),
    (403, "AccessDenied", "User is not authorized to perform: s3:GetObject", "permissions"),
    (403, "InvalidAccessKeyId", "The key does not exist.", "Check s3_access_key"),
    (400, "InvalidRequest", "It&#39;s &lt;wrong&gt;", "Its log may say more"),
    (501, "NotImplemented", "A header implies functionality.", "is unavailable"),
]  # fmt: skip


@pytest.mark.parametrize("through", ["obstore", "boto3"])
@pytest.mark.parametrize(("status", "code", "message", "advice"), CASES)
def test_code_and_message_are_shown(
    status: int,
    code: str,
    message: str,
    advice: str,
    through: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("status", status), ("code", code), ("message", message)):
        monkeypatch.setattr(Server, name, value)
    store = ObjectStore(settings)

    def request() -> object:
        return store.get("a") if through == "obstore" else next(listing.objects(settings), None)

    with pytest.raises(InfrastructureError) as raised:
        request()
    said = str(raised.value)
    assert code in said
    assert (
        message.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").rstrip(".") in said
    )
    assert advice in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "denies access with these keys (403)"), (400, "rejects the request: 400")],
)
def test_an_answer_without_a_body_is_shown_by_its_status(
    status: int, words: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "status", status)
    with pytest.raises(InfrastructureError) as raised:
        ObjectStore(settings).exists("images/a")
    assert words in str(raised.value)


def test_a_long_message_is_shortened_and_has_no_control_characters(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "status", 400)
    monkeypatch.setattr(Server, "code", "Odd")
    monkeypatch.setattr(Server, "message", "&#27;[31m" + "line\n" * 1000)
    with pytest.raises(InfrastructureError) as raised:
        ObjectStore(settings).get("images/a")
    assert len(str(raised.value)) < 700
    assert str(raised.value).isprintable()

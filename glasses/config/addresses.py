"""Addresses: validation of server addresses in settings, before a library fails on them.

No message repeats the value, which may contain a password.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from glasses.config.redis_address import SentinelAddress

REDIS_URL = "redis[s]://[user:password@]host:port/db"
SENTINEL_URL = "redis[s]+sentinel://[user:password@]host:port,host:port,host:port/name/db"
_PORT = "port 1 to 65535"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = re.compile(r"[\w.:%-]+")
_DATABASE = re.compile(r"(/[0-9]*)?")


def redis_url(url: SecretStr) -> SecretStr:
    """Validate the URL of a Redis server.

    Raises:
        PydanticCustomError: Redis' client or Celery would not accept it.
    """
    text = url.get_secret_value()
    try:
        sentinel = SentinelAddress.parse(text)
    except ValueError:
        raise _invalid(f"should look like {SENTINEL_URL}, {_PORT}{_encoding_hint(text)}") from None
    if sentinel:
        urls = [f"redis://{each}" for each in sentinel.hosts]
        if not all(_split(each, ("redis://",)) for each in urls):
            raise _invalid(f"should look like {SENTINEL_URL}, {_PORT}")
        return url
    parts = _split(text, ("redis://", "rediss://"))
    if parts is None or not _DATABASE.fullmatch(parts.path):
        raise _invalid(f"should look like {REDIS_URL}, {_PORT}, db a number{_encoding_hint(text)}")
    return url


def s3_endpoint(url: str) -> str:
    """Validate the URL of an object store.

    Raises:
        PydanticCustomError: It is not an HTTP URL of a server.
    """
    if _split(url, ("http://", "https://")) is None:
        raise _invalid(f"should look like http[s]://host:port, {_PORT}")
    return url


def s3_bucket(name: str) -> str:
    """Validate a bucket name by the rules of S3.

    Raises:
        PydanticCustomError: S3 servers would not accept it.
    """
    if not _BUCKET.fullmatch(name):
        raise _invalid("should be 3 to 63 of a-z 0-9 . - and begin and end with a letter or digit")
    return name


def _split(url: str, schemes: tuple[str, ...]) -> SplitResult | None:
    """Return a URL's parts; None if its scheme, host or port is invalid."""
    if not url.startswith(schemes):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")  # The DNS lookup does the same, and would fail later.
        is_valid = parts.port != 0 and _HOST.fullmatch(host)
    except ValueError:  # from urlsplit, its port, or the codec
        return None
    return parts if is_valid else None


def _encoding_hint(text: str) -> str:
    """Return advice for a password whose unescaped characters end the host part too early."""
    after = re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[1:]
    return "; in a password write / ? # as %2F %3F %23" if "@" in "".join(after) else ""


def _invalid(text: str) -> PydanticCustomError:
    return PydanticCustomError("address", "{text}", {"text": text})

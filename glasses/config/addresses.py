"""Where servers are, as settings say it: refused here, in words, before a library trips over it.

No message repeats the value: it may hold a password.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

REDIS_URL = "redis[s]://[user:password@]host:port/db"
_PORT = "port 1 to 65535"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = re.compile(r"[\w.:%-]+")
_DATABASE = re.compile(r"(/[0-9]*)?")


def redis_url(url: SecretStr) -> SecretStr:
    """Check a Redis' URL.

    Raises:
        PydanticCustomError: It is none that both Redis' client and Celery understand.
    """
    text = url.get_secret_value()
    parts = _split(text, ("redis://", "rediss://"))
    if parts is None or not _DATABASE.fullmatch(parts.path):
        raise _wrong(f"should look like {REDIS_URL}, {_PORT}, db a number{_encoded(text)}")
    return url


def s3_endpoint(url: str) -> str:
    """Check an object store's URL.

    Raises:
        PydanticCustomError: It is none.
    """
    if _split(url, ("http://", "https://")) is None:
        raise _wrong(f"should look like http[s]://host:port, {_PORT}")
    return url


def s3_bucket(name: str) -> str:
    """Check a bucket's name by S3's rule.

    Raises:
        PydanticCustomError: It is none that S3 servers take.
    """
    if not _BUCKET.fullmatch(name):
        raise _wrong("should be 3 to 63 of a-z 0-9 . - and begin and end with a letter or digit")
    return name


def _split(url: str, schemes: tuple[str, ...]) -> SplitResult | None:
    """A URL's parts; None if it has another scheme, no host, or a port that is none."""
    if not url.startswith(schemes):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")  # as looking it up does, which would raise there
        usable = parts.port != 0 and _HOST.fullmatch(host)
    except ValueError:  # what urlsplit and the codec say
        return None
    return parts if usable else None


def _encoded(text: str) -> str:
    """Advice for a password that ends the host too early."""
    after = re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[1:]
    return "; in a password write / ? # as %2F %3F %23" if "@" in "".join(after) else ""


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("address", "{text}", {"text": text})

"""The object store: one bucket on any S3-compatible server, and where everything in it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from obstore import exceptions
from obstore.store import S3Store

from glasses.bucket import ensure_bucket, unreachable
from glasses.errors import UsageError
from glasses.patience import Tell, Watched, again, nobody
from glasses.settings import Settings, require_servers

if TYPE_CHECKING:
    from obstore.store import ClientConfig

T = TypeVar("T")
IMAGES = "images/"
PACKS = "packs/"
JOBS = "jobs/"
_MISSING = (FileNotFoundError, exceptions.NotFoundError)
_DELETE_LIMIT = 1000  # of the S3 API, a request
_SECONDS = 25.0
_RETRY = {
    # A SeaweedFS that restarts after a crash answers 500 for some seconds.
    "max_retries": 100,  # the time below is what ends them
    "retry_timeout": timedelta(seconds=_SECONDS),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=4),
        "base": 2,
    },
}


def image_key(sha256: str) -> str:
    """Where a photo's bytes lie, unless they lie in a pack."""
    return IMAGES + sha256


def pack_key(pack: str) -> str:
    """Where a pack lies, see `glasses.packs`."""
    return PACKS + pack


def job_prefix(job_id: str) -> str:
    """Where a job's own objects lie."""
    return f"{JOBS}{job_id}/"


def _client_options(settings: Settings) -> ClientConfig:
    options: ClientConfig = {
        "allow_http": not str(settings.s3_endpoint).startswith("https:"),
        "connect_timeout": timedelta(seconds=5),
        "timeout": timedelta(seconds=60),
    }
    if settings.s3_ca is not None:
        try:
            options["root_certificate"] = Path(settings.s3_ca).read_bytes()
        except OSError as error:
            raise UsageError(f"s3_ca: {settings.s3_ca} cannot be read: {error.strerror}") from None
    return options


def _is_unreachable_for_others(settings: Settings) -> bool:
    """Whether nobody between this process and the server can change what is sent."""
    url = urlsplit(str(settings.s3_endpoint))
    return url.scheme == "https" or url.hostname in {"127.0.0.1", "::1", "localhost"}


class ObjectStore:
    """Puts, gets and deletes objects. Safe to share between threads, not across a fork.

    Raises (every method):
        InfrastructureError: The server is out of reach or refuses.
    """

    def __init__(self, settings: Settings, tell: Tell = nobody) -> None:
        require_servers(settings)
        assert settings.s3_access_key
        assert settings.s3_secret_key
        self._settings = settings
        self._watched = Watched(f"the object store at {settings.s3_endpoint}", tell)
        self.bucket = settings.s3_bucket
        self._store = S3Store(
            settings.s3_bucket,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key.get_secret_value(),
            secret_access_key=settings.s3_secret_key.get_secret_value(),
            virtual_hosted_style_request=False,
            client_options=_client_options(settings),
            retry_config=_RETRY,  # type: ignore[arg-type]
            # What is sent is hashed for its signature only where somebody may change it on its way.
            unsigned_payload=_is_unreachable_for_others(settings),
        )

    def put(self, key: str, data: bytes) -> None:
        """Store an object."""
        with self._errors():
            self._again(lambda: self._store.put(key, data))

    def get(self, key: str) -> bytes | None:
        """An object's bytes; None if there is no such object."""
        view = self.view(key)
        return None if view is None else bytes(view)

    def view(self, key: str) -> memoryview | None:
        """An object's bytes as they arrived, not copied; None if there is no such object."""
        with self._errors():
            try:
                return self._again(lambda: memoryview(self._store.get(key).bytes()))
            except _MISSING:
                return None

    def part(self, key: str, offset: int, size: int) -> bytes | None:
        """Some of an object's bytes, fewer if it ends before; None if there is no such object."""
        with self._errors():
            try:
                get = partial(self._store.get_range, key, start=offset, length=size)
                return self._again(lambda: get().to_bytes())
            except _MISSING:
                return None

    def keys(self, prefix: str) -> Iterator[str]:
        """Names of all objects under a prefix that ends with a slash, or is empty."""
        with self._errors(watch=False):  # whoever takes the names may take their time
            for page in self._store.list(prefix):
                yield from (item["path"] for item in page)

    def put_before(self, moment: datetime) -> Iterator[str]:
        """Names of all objects that were put before a moment, which has a time zone."""
        with self._errors(watch=False):
            for page in self._store.list():
                yield from (item["path"] for item in page if item["last_modified"] < moment)

    def delete(self, keys: Iterable[str]) -> int:
        """Delete objects, those that are gone already included; returns how many were named."""
        names = list(keys)
        with self._errors():
            for start in range(0, len(names), _DELETE_LIMIT):
                some = names[start : start + _DELETE_LIMIT]
                self._again(partial(self._store.delete, some))
        return len(names)

    def ensure_bucket(self, retention_days: int) -> None:
        """Create the bucket if need be, and let everything in it expire."""
        with self._watched.call():
            ensure_bucket(self._settings, retention_days)

    @staticmethod
    def _again(do: Callable[[], T]) -> T:
        # obstore gives up at once, however long it may retry, when a connection is reset at an
        # unlucky moment of a request. Every request here may be sent twice.
        return again(do, exceptions.GenericError, _SECONDS)

    @contextmanager
    def _errors(self, watch: bool = True) -> Iterator[None]:
        try:
            with self._watched.call() if watch else nullcontext():
                yield
        except (exceptions.BaseError, OSError) as error:
            raise unreachable(self._settings, error) from error

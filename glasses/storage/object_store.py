"""The object store: one bucket on any S3-compatible server, and the layout of its keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from obstore import exceptions
from obstore.store import S3Store

from glasses.config.retry import Notify, SlowCallMonitor, ignore, retry_call
from glasses.config.settings import Settings, require_servers
from glasses.errors import UsageError
from glasses.storage import listing
from glasses.storage.bucket import ensure_bucket
from glasses.storage.listing import StoredObject, UnfinishedUpload
from glasses.storage.s3_errors import answer_to, request_failed, too_slow
from glasses.storage.upload_rate import PIECE_BYTES, UploadRate

if TYPE_CHECKING:
    from obstore.store import BackoffConfig, ClientConfig

T = TypeVar("T")
IMAGES = "images/"
PACKS = "packs/"
JOBS = "jobs/"
PREFIXES = (IMAGES, PACKS, JOBS)
"""Prefixes of all our objects' keys; the bucket may hold objects of other programs."""
_MISSING = (FileNotFoundError, exceptions.NotFoundError)
_DELETE_LIMIT = 1000  # keys per request, a limit of the S3 API
_PLAIN = re.compile(r"[\w.!()~-]+(/[\w.!()~-]+)*", re.ASCII)
"""Keys that obstore does not change, and that an XML request can contain."""
_BATCH_REFUSALS = {"MissingContentMD5", "InvalidDigest", "MalformedXML", "NotImplemented"}
_NO_TOTAL_TIMEOUT = timedelta(days=7)  # obstore's default is 30 s
_BACKOFF: BackoffConfig = {
    "init_backoff": timedelta(milliseconds=100),
    "max_backoff": timedelta(seconds=4),
    "base": 2,
}


def image_key(sha256: str) -> str:
    """Return the key of a photo that the manifest assigns to no pack."""
    return IMAGES + sha256


def pack_key(pack: str) -> str:
    """Return the key of a pack, see `glasses.storage.packs`."""
    return PACKS + pack


def member_key(pack: str, sha256: str) -> str:
    """Return the key of a photo whose pack was deleted, where it is then stored by itself."""
    return f"{IMAGES}{pack}.{sha256}"


def job_prefix(job_id: str) -> str:
    """Return the key prefix of a job's own objects."""
    return f"{JOBS}{job_id}/"


def _client_options(settings: Settings, uploads: bool) -> ClientConfig:
    options: ClientConfig = {
        "allow_http": not str(settings.s3_endpoint).startswith("https:"),
        "connect_timeout": timedelta(seconds=5),
    }
    seconds = timedelta(seconds=settings.s3_timeout_seconds)
    if uploads:
        # The read timeout starts with the request, and nothing is read while the body is sent.
        options["timeout"] = seconds
    else:
        options["read_timeout"] = seconds
        options["timeout"] = _NO_TOTAL_TIMEOUT
    if settings.s3_ca is not None:
        try:
            options["root_certificate"] = Path(settings.s3_ca).read_bytes()
        except OSError as error:
            raise UsageError(f"s3_ca: {settings.s3_ca} cannot be read: {error.strerror}") from None
    return options


def _is_tamper_proof(settings: Settings) -> bool:
    """Return whether nobody between this process and the server can modify requests."""
    url = urlsplit(str(settings.s3_endpoint))
    return url.scheme == "https" or url.hostname in {"127.0.0.1", "::1", "localhost"}


def _open(settings: Settings, uploads: bool = False, retries: int = 100) -> S3Store:
    """Open the configured bucket.

    Args:
        settings: The address and credentials.
        uploads: Set timeouts for requests that take long to send, instead of long to answer.
        retries: Maximum number of retries; the time limit is reached long before 100.
    """
    assert settings.s3_access_key
    assert settings.s3_secret_key
    return S3Store(
        settings.s3_bucket,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key.get_secret_value(),
        secret_access_key=settings.s3_secret_key.get_secret_value(),
        virtual_hosted_style_request=False,
        client_options=_client_options(settings, uploads),
        retry_config={
            # SeaweedFS answers 500 for some seconds after restarting from a crash.
            "max_retries": retries,
            "retry_timeout": timedelta(seconds=settings.s3_retry_seconds),
            "backoff": _BACKOFF,
        },
        # Bodies are hashed and signed only if somebody could modify them in transit.
        unsigned_payload=_is_tamper_proof(settings),
    )


def _is_refused_batch(error: Exception) -> bool:
    """Return whether a server cannot delete several objects at once, whatever the objects are.

    MinIO's code of before 2023 requires Content-MD5, and its answer does not name an object.
    """
    if "InvalidDeleteObjectsResponse" in str(error):
        return True
    answer = answer_to(error)
    return answer.code in _BATCH_REFUSALS or answer.status in {405, 501}


class ObjectStore:
    """Put, get and delete objects. Threads can share an instance; forked processes cannot.

    Raises (every method):
        InfrastructureError: The server is unreachable or rejects a request.
    """

    def __init__(self, settings: Settings, notify: Notify = ignore) -> None:
        require_servers(settings)
        self._settings = settings
        self._monitor = SlowCallMonitor(f"the object store at {settings.s3_endpoint}", notify)
        self.bucket = settings.s3_bucket
        self._rate = UploadRate(settings.upload_threads, settings.s3_timeout_seconds, notify)
        self._store = _open(settings)
        self._deletes_batches = True

    @cached_property
    def _uploads(self) -> S3Store:
        return _open(self._settings, uploads=True)

    @cached_property
    def _once(self) -> S3Store:
        return _open(self._settings, retries=0)

    def put(self, key: str, data: bytes) -> None:
        """Store an object; on a slow connection, wait for other uploads first."""

        def send(concurrency: int) -> None:
            with self._errors():
                self._retry(
                    lambda: self._uploads.put(
                        key, data, chunk_size=PIECE_BYTES, max_concurrency=concurrency
                    )
                )

        self._rate.run(len(data), send)

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes; None if it does not exist."""
        view = self.get_view(key)
        return None if view is None else bytes(view)

    def get_view(self, key: str, once: bool = False) -> memoryview | None:
        """Return an object's bytes without copying them; None if it does not exist.

        Args:
            key: The object's key.
            once: Send a single request, without retries.
        """
        return self._read(lambda store: memoryview(store.get(key).bytes()), once)

    def read_range(self, key: str, offset: int, size: int, once: bool = False) -> bytes | None:
        """Return a range of an object's bytes, cut at its end; None if it does not exist."""

        def read(store: S3Store) -> bytes:
            try:
                return store.get_range(key, start=offset, length=size).to_bytes()
            except exceptions.GenericError as error:
                if "NotPartial" not in str(error):
                    raise
            # The server has sent all bytes: it ignores ranges that extend beyond the end, or all.
            return bytes(memoryview(store.get(key).bytes())[offset : offset + size])

        return self._read(read, once)

    def _read(self, read: Callable[[S3Store], T], once: bool) -> T | None:
        with self._errors():
            try:
                return read(self._once) if once else self._retry(lambda: read(self._store))
            except _MISSING as error:
                if "<Code>NoSuchBucket</Code>" in str(error):
                    raise  # The object itself may exist.
                return None

    def exists(self, key: str) -> bool:
        """Return whether an object exists, without fetching it."""
        with self._errors():
            try:
                self._retry(lambda: self._store.head(key))
            except _MISSING:
                return False
            return True

    def now(self) -> datetime:
        """Return the time by the clock that dates the objects, which may differ from ours."""
        key = f"{JOBS}clock/{token_hex(8)}"
        self.put(key, b"clock")
        try:
            with self._errors():
                return self._retry(lambda: self._store.head(key))["last_modified"]
        finally:
            self.delete([key])

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of all objects under a prefix, which is empty or ends with a slash."""
        return (each.key for each in self.objects(prefix))

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects under a prefix, which is empty or ends with a slash; ordered by key."""
        last = ""
        with self._errors(monitor=False):  # the caller may be slow between two pages
            try:
                for page in self._store.list(prefix):
                    for item in page:
                        version = item["e_tag"] or item["last_modified"].isoformat()
                        yield StoredObject(item["path"], item["last_modified"], version)
                        last = item["path"]
            except exceptions.InvalidPathError:
                # An object with a name that obstore rejects must not hide the others.
                yield from listing.objects(self._settings, prefix, after=last)

    def delete(self, keys: Iterable[str]) -> int:
        """Delete objects, ignoring missing ones; return the number of keys given."""
        names = list(keys)
        plain = [name for name in names if _PLAIN.fullmatch(name)]
        others = [name for name in names if not _PLAIN.fullmatch(name)]
        with self._errors():
            for start in range(0, len(plain), _DELETE_LIMIT):
                batch = plain[start : start + _DELETE_LIMIT]
                if not self._delete_batch(batch):
                    others += batch
        if others:
            listing.delete(self._settings, others)
        return len(names)

    def _delete_batch(self, batch: list[str]) -> bool:
        """Delete objects with one request; return False if the server does not support that."""

        def send() -> bool:
            try:
                self._store.delete(batch)
            except exceptions.GenericError as error:
                if _is_refused_batch(error):
                    return False
                raise
            return True

        self._deletes_batches = self._deletes_batches and self._retry(send)
        return self._deletes_batches

    def abort_uploads(self, chosen: Callable[[UnfinishedUpload], bool], prefix: str = "") -> int:
        """Abort the unfinished multipart uploads for which `chosen` is true; return how many."""
        return listing.abort_uploads(self._settings, chosen, prefix)

    def ensure_bucket(self, retention_days: int) -> bool:
        """Create the bucket if necessary; return whether the server will expire our objects."""
        with self._monitor.call():
            return ensure_bucket(self._settings, retention_days, PREFIXES)

    def _retry(self, do: Callable[[], T]) -> T:
        # obstore does not retry if the connection is reset at certain moments of a request. Every
        # request sent from here is idempotent.
        return retry_call(do, exceptions.GenericError, self._settings.s3_retry_seconds)

    @contextmanager
    def _errors(self, monitor: bool = True) -> Iterator[None]:
        try:
            with self._monitor.call() if monitor else nullcontext():
                yield
        except (exceptions.BaseError, OSError) as error:
            if "kind: Timeout" in str(error):
                raise too_slow(self._settings) from error
            raise request_failed(self._settings, error) from error

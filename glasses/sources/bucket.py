"""Photos in a bucket of the configured object store: hashed here, copied by the server.

Uses boto3, since obstore lists nothing if a key contains a line break.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from glasses.config.retry import retry_call
from glasses.config.settings import Settings, require_servers
from glasses.errors import InfrastructureError, UsageError
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason, Origin
from glasses.sources.formats import SNIFF_BYTES, sniff
from glasses.sources.hashing import hash_stream
from glasses.sources.left_out import LeftOut, may_be_photo
from glasses.sources.photo import Photo
from glasses.sources.safe_names import member_name
from glasses.sources.skipped import member_skip_label
from glasses.sources.walk import NameFilter
from glasses.storage.bucket import s3_client
from glasses.storage.object_store import PREFIXES, ObjectStore
from glasses.storage.s3_errors import request_failed

T = TypeVar("T")
SCHEME = "s3://"
_RETRY_SECONDS = 25.0
_SNIFF_BATCH = 256
"""Objects whose first bytes are requested in several threads at the same time."""
_CHANGED_STATUSES = {404, 412}
_OBJECT_STATUSES = {400, 403, 404, 412}
"""HTTP statuses that concern one object: missing, forbidden, archived, or encrypted otherwise."""
_NO_BUCKET = {"NoSuchBucket", "AccessDenied", "InvalidBucketName"}
ListedObject = dict[str, Any]
"""An object as S3 listings describe it."""


class Bucket:
    """The object that `s3://bucket/prefix` names, and all objects below that prefix.

    Args:
        argument: The `s3://` address.
        settings: Address and credentials of the object store.

    Raises (every method):
        InfrastructureError: The object store is unreachable.
    """

    def __init__(self, argument: str, settings: Settings) -> None:
        require_servers(settings)
        self._argument = argument
        self._settings = settings
        self.name, _, prefix = argument.removeprefix(SCHEME).partition("/")
        self._prefix = prefix.rstrip("/")
        self._client = s3_client(settings, 2 * settings.upload_threads)

    def check(self) -> None:
        """Check that the bucket exists, may be listed, and has an object under the prefix.

        Raises:
            UsageError: One of these is not so; the message says which.
        """
        if not self.name:
            raise UsageError(f"{self._argument} names no bucket: use s3://bucket/prefix")
        if next(self._list_objects(), None) is None:
            raise UsageError(f"{self._argument}: no object has this name or prefix")

    def photos(
        self, is_selected: NameFilter, left_out: LeftOut, strict: bool = False
    ) -> Iterator[Photo]:
        """Yield the photos, named relative to the prefix; skip hidden ones, as in folders.

        Args:
            is_selected: Tells whether a name is selected.
            left_out: Counts the objects that are not yielded.
            strict: Yield objects that are not photos too.

        Raises:
            UsageError: The bucket may not be listed.
        """
        found = self._selected(is_selected, left_out)

        def is_wanted(photo: BucketPhoto) -> bool:
            return strict or photo.key == self._prefix or may_be_photo(photo)

        with ThreadPoolExecutor(self._settings.upload_threads, "sniff") as pool:
            while batch := list(islice(found, _SNIFF_BATCH)):
                for photo, wanted in zip(batch, pool.map(is_wanted, batch), strict=True):
                    if wanted:
                        yield photo
                    else:
                        left_out.ignore(photo)

    def _selected(self, is_selected: NameFilter, left_out: LeftOut) -> Iterator[BucketPhoto]:
        for listed in self._list_objects():
            key = listed["Key"]
            is_exact = key == self._prefix
            name = key.rsplit("/", 1)[-1] if is_exact else key[len(self._prefix) :]
            if not is_exact and (label := member_skip_label(name)):
                left_out.skip(label)
            elif is_selected(image := name if is_exact else member_name(name)):
                yield BucketPhoto(image, self, listed)
            else:
                left_out.filtered += 1

    def get(self, key: str, first_bytes: int | None = None) -> Any:
        """Return the response to a GET; raise botocore's own errors.

        Args:
            key: The object.
            first_bytes: Number of bytes to request; None: all.
        """
        part = {} if first_bytes is None else {"Range": f"bytes=0-{first_bytes - 1}"}
        return self._client.get_object(Bucket=self.name, Key=key, **part)

    def copy(self, key: str, etag: str, target_key: str) -> None:
        """Copy an object on the server into the configured bucket, if its ETag still matches."""
        self._client.copy_object(
            Bucket=self._settings.s3_bucket,
            Key=target_key,
            CopySource={"Bucket": self.name, "Key": key},
            CopySourceIfMatch=etag,
            # Copies the bytes only. S3 also requires REPLACE to copy an object onto itself.
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )

    def retried(self, request: Callable[[], T]) -> T:
        """Call a function, and retry if the connection breaks in the middle of a response."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return retry_call(request, (BotoCoreError, OSError), _RETRY_SECONDS)
        except (BotoCoreError, ClientError, OSError) as error:
            if isinstance(error, ClientError) and _status_of(error) in _OBJECT_STATUSES:
                raise
            raise self.unreachable(error) from error

    def unreachable(self, error: Exception) -> InfrastructureError:
        """Return the error to raise when the object store fails."""
        return request_failed(self._settings, error, self.name)

    def _list_objects(self) -> Iterator[ListedObject]:
        """Yield the objects of other programs; what glasses itself stored is skipped."""
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        own = PREFIXES if self.name == self._settings.s3_bucket else ()
        below = f"{self._prefix}/" if self._prefix else ""
        try:
            if self._prefix:
                # The exact key sorts before all other keys with this prefix.
                yield from [
                    listed
                    for listed in self._list_page(self._prefix, 1).get("Contents", ())
                    if listed["Key"] == self._prefix
                ]
            token: str | None = ""
            while token is not None:
                page = self._list_page(below, 1000, token)
                for listed in page.get("Contents", ()):
                    if not listed["Key"].endswith("/") and not listed["Key"].startswith(own):
                        yield listed
                token = page.get("NextContinuationToken") if page["IsTruncated"] else None
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code not in _NO_BUCKET:
                raise self.unreachable(error) from error
            raise UsageError(
                f"{self._argument} cannot be listed at {self._settings.s3_endpoint}: {code}"
            ) from None
        except ParamValidationError:
            raise UsageError(
                f"{self._argument} names no bucket: {self.name!a} is not a valid bucket name"
            ) from None
        except BotoCoreError as error:
            raise self.unreachable(error) from error

    def _list_page(self, prefix: str, count: int, token: str = "") -> Any:
        more = {"ContinuationToken": token} if token else {}
        return self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, MaxKeys=count, **more)


class BucketPhoto(Photo):
    """An object in a bucket.

    Args:
        image: Its name in results.
        bucket: The bucket.
        listed: The object as it was listed.
    """

    def __init__(self, image: str, bucket: Bucket, listed: ListedObject) -> None:
        self.image = image
        self.key: str = listed["Key"]
        self._bucket = bucket
        self._names = {
            "origin": Origin.BUCKET,
            "given_path": f"{SCHEME}{bucket.name}/{self.key}",
        }
        self._size: int = listed["Size"]
        self._etag = ""

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Read the object and hash it; an ETag is not a reliable content hash."""
        from botocore.exceptions import ClientError

        if self._size > max_bytes:
            return self._failed(FailureReason.FILE_TOO_LARGE)
        try:
            return self._bucket.retried(partial(self._hash, max_bytes))
        except ClientError:
            return self._failed(FailureReason.UNREADABLE)

    @property
    def address(self) -> str:
        """Return the `s3://` address."""
        return f"{SCHEME}{self._bucket.name}/{self.key}"

    def has_photo_content(self) -> bool:
        """Return whether the first bytes are a photo's, or cannot be read: requests these alone."""
        from botocore.exceptions import ClientError

        def fetch() -> bytes:
            with closing(self._bucket.get(self.key, SNIFF_BYTES)["Body"]) as body:
                return bytes(body.read(SNIFF_BYTES))

        try:
            return self._size > 0 and sniff(self._bucket.retried(fetch)) is not None
        except ClientError:
            return True

    def read(self) -> bytes:
        """Return the bytes of the object, at most one more than were hashed."""
        from botocore.exceptions import ClientError

        def fetch() -> bytes:
            with closing(self._bucket.get(self.key)["Body"]) as body:
                return bytes(body.read(self._size + 1))  # one more shows that it has grown

        try:
            return self._bucket.retried(fetch)
        except ClientError as error:
            raise OSError(str(error)) from None

    @property
    def may_be_packed(self) -> bool:
        """Return False: the server copies the object, so its bytes do not pass through here."""
        return False

    def send(self, store: ObjectStore, sha256: str, key: str) -> bool:  # noqa: ARG002
        """Have the server copy the object; return False if it has changed."""
        from botocore.exceptions import ClientError

        try:
            self._bucket.retried(lambda: self._bucket.copy(self.key, self._etag, key))
        except ClientError as error:
            if _status_of(error) in _CHANGED_STATUSES:
                return False
            raise self._bucket.unreachable(error) from error
        return True

    def _hash(self, max_bytes: int) -> ManifestEntry:
        response = self._bucket.get(self.key)
        self._etag = response["ETag"]
        with closing(response["Body"]) as body:
            file = io.BufferedReader(body, 1 << 16)
            entry = hash_stream(self.image, file, response["ContentLength"], max_bytes)
        self._size = entry.size or 0
        return entry.model_copy(update=self._names)

    def _failed(self, reason: FailureReason) -> ManifestEntry:
        entry = ManifestEntry(image=self.image, size=self._size, reason=reason)
        return entry.model_copy(update=self._names)


def _status_of(error: Any) -> int:
    """Return the HTTP status of a botocore ClientError."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))

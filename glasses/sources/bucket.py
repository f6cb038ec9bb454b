"""Photos that lie in a bucket of the configured object store: hashed here, copied there.

Through boto3: keys may be anything, while obstore lists nothing where one has a line break.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

from glasses.bucket import s3_client, unreachable
from glasses.errors import InfrastructureError, UsageError
from glasses.examine import read_through
from glasses.object_store import IMAGES, JOBS, PACKS, ObjectStore, image_key
from glasses.patience import again
from glasses.schemas import ManifestEntry
from glasses.settings import Settings, require_servers
from glasses.sources.naming import inner_name
from glasses.sources.photo import Photo
from glasses.statuses import FailureReason, Origin
from glasses.walk import Chosen

T = TypeVar("T")
SCHEME = "s3://"
_SECONDS = 25.0
_CHANGED = {404, 412}
_OF_ONE_OBJECT = {400, 403, 404, 412}
"""What a server says of an object that is gone, closed, frozen, or encrypted with another key."""
_NO_BUCKET = {"NoSuchBucket", "AccessDenied", "InvalidBucketName"}
Entry = dict[str, Any]
"""An object as listings describe it."""


class Bucket:
    """What `s3://bucket/prefix` names: the object of that name, and everything below it.

    Args:
        argument: That.
        settings: Where the object store is.

    Raises (every method):
        InfrastructureError: The object store is out of reach.
    """

    def __init__(self, argument: str, settings: Settings) -> None:
        require_servers(settings)
        self._argument = argument
        self._settings = settings
        self.name, _, prefix = argument.removeprefix(SCHEME).partition("/")
        self._prefix = prefix.rstrip("/")
        self._client = s3_client(settings, 2 * settings.upload_threads)

    def check(self) -> None:
        """Refuse a bucket that is not there or may not be read, and a name that nothing has.

        Raises:
            UsageError: Says which.
        """
        if not self.name:
            raise UsageError(f"{self._argument} names no bucket: write s3://bucket/prefix")
        if next(self._objects(), None) is None:
            raise UsageError(f"{self._argument}: nothing lies there")

    def photos(self, chosen: Chosen) -> Iterator[BucketPhoto]:
        """Its photos, named relative to the prefix. What is hidden is passed over, as in folders.

        Args:
            chosen: Whether a name is wanted.

        Raises:
            UsageError: The bucket may not be listed.
        """
        for found in self._objects():
            key = found["Key"]
            exact = key == self._prefix
            image = key.rsplit("/", 1)[-1] if exact else inner_name(key[len(self._prefix) :])
            if image and chosen(image):
                yield BucketPhoto(image, self, found)

    def get(self, key: str) -> Any:
        """The answer to a GET. Raises botocore's own errors."""
        return self._client.get_object(Bucket=self.name, Key=key)

    def copy(self, key: str, etag: str, to: str) -> None:
        """Copy an object on the server into the configured bucket, if it is still that one."""
        self._client.copy_object(
            Bucket=self._settings.s3_bucket,
            Key=to,
            CopySource={"Bucket": self.name, "Key": key},
            CopySourceIfMatch=etag,
            # Nothing but the bytes, and allowed onto itself.
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )

    def tried(self, do: Callable[[], T]) -> T:
        """Do something, again if a connection breaks in the middle of an answer."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return again(do, (BotoCoreError, OSError), _SECONDS)
        except (BotoCoreError, ClientError, OSError) as error:
            if isinstance(error, ClientError) and status_of(error) in _OF_ONE_OBJECT:
                raise
            raise self.refused(error) from error

    def refused(self, error: Exception) -> InfrastructureError:
        """What to tell the user."""
        return unreachable(self._settings, error, self.name)

    def _objects(self) -> Iterator[Entry]:
        """What is listed. What this program put into its bucket itself is no photo of anybody."""
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        own = (IMAGES, PACKS, JOBS) if self.name == self._settings.s3_bucket else ()
        below = f"{self._prefix}/" if self._prefix else ""
        try:
            if self._prefix:
                # Of all names that begin so, this one comes first.
                yield from [
                    found
                    for found in self._list(self._prefix, 1).get("Contents", ())
                    if found["Key"] == self._prefix
                ]
            after: str | None = ""
            while after is not None:
                page = self._list(below, 1000, after)
                for found in page.get("Contents", ()):
                    if not found["Key"].endswith("/") and not found["Key"].startswith(own):
                        yield found
                after = page.get("NextContinuationToken") if page["IsTruncated"] else None
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code not in _NO_BUCKET:
                raise self.refused(error) from error
            raise UsageError(
                f"{self._argument} cannot be listed at {self._settings.s3_endpoint}: {code}"
            ) from None
        except ParamValidationError:
            raise UsageError(
                f"{self._argument} names no bucket: {self.name!a} is no name"
            ) from None
        except BotoCoreError as error:
            raise self.refused(error) from error

    def _list(self, prefix: str, count: int, after: str = "") -> Any:
        more = {"ContinuationToken": after} if after else {}
        return self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, MaxKeys=count, **more)


class BucketPhoto(Photo):
    """An object.

    Args:
        image: Its name in results.
        bucket: Where it is.
        found: As it was listed.
    """

    def __init__(self, image: str, bucket: Bucket, found: Entry) -> None:
        self.image = image
        self._bucket = bucket
        self._key: str = found["Key"]
        self._size: int = found["Size"]
        self._etag = ""

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Read it through: its ETag is no hash of its content that one can rely on."""
        from botocore.exceptions import ClientError

        if self._size > max_bytes:
            return self._failed(FailureReason.FILE_TOO_LARGE)
        try:
            return self._bucket.tried(partial(self._hash, max_bytes))
        except ClientError:
            return self._failed(FailureReason.UNREADABLE)

    def read(self) -> bytes:
        """Fetch it whole."""
        from botocore.exceptions import ClientError

        try:
            return bytes(self._bucket.tried(lambda: self._bucket.get(self._key)["Body"].read()))
        except ClientError as error:
            raise OSError(str(error)) from None

    @property
    def may_be_packed(self) -> bool:
        """The server copies it."""
        return False

    def send(self, store: ObjectStore, sha256: str) -> bool:  # noqa: ARG002
        """Let the server copy it."""
        from botocore.exceptions import ClientError

        try:
            self._bucket.tried(lambda: self._bucket.copy(self._key, self._etag, image_key(sha256)))
        except ClientError as error:
            if status_of(error) in _CHANGED:
                return False
            raise self._bucket.refused(error) from error
        return True

    def _hash(self, max_bytes: int) -> ManifestEntry:
        answer = self._bucket.get(self._key)
        self._etag = answer["ETag"]
        with closing(answer["Body"]) as body:
            file = io.BufferedReader(body, 1 << 16)
            found = read_through(self.image, file, answer["ContentLength"], max_bytes)
        return found.model_copy(update={"origin": Origin.BUCKET})

    def _failed(self, reason: FailureReason) -> ManifestEntry:
        return ManifestEntry(image=self.image, size=self._size, reason=reason, origin=Origin.BUCKET)


def status_of(error: Any) -> int:
    """The HTTP status of botocore's ClientError."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))

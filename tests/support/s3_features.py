"""Which operations of S3 a server supports: measured, and as `docs/s3-servers.md` states them.

`python -m tests.support.s3_features` starts each server and writes the table of that page.
"""

from __future__ import annotations

import re
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from pydantic import SecretStr

from glasses.config.settings import Settings, load_settings
from glasses.storage.bucket import s3_client
from infra.local.servers import servers
from tests.support.s3_servers import NAMES, SEAWEEDFS, s3_server

PAGE = Path(__file__).parents[2] / "docs" / "s3-servers.md"
_BLOCK = re.compile(r"(<!-- features: .*? -->\n).*?(<!-- features: end -->\n)", re.DOTALL)
_TITLES = {"seaweedfs": "SeaweedFS 4.48", "minio": "MinIO front end", "rclone": "rclone 1.75"}
_KEY = "packs/a"
_BODY = b"0123456789"


@dataclass(frozen=True, slots=True)
class Probe:
    """A bucket with one object, for one measurement.

    Attributes:
        settings: Address and keys of the server.
        client: boto3's client.
        bucket: The bucket.
    """

    settings: Settings
    client: Any
    bucket: str

    def put(self, key: str, body: bytes = _BODY) -> Any:
        return self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def get(self, key: str, **options: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.bucket, Key=key, **options)["Body"].read())

    def clear(self) -> None:
        for key in self.listed():
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def listed(self) -> list[str]:
        listed = self.client.list_objects_v2(Bucket=self.bucket)
        return [each["Key"] for each in listed.get("Contents", ())]


def _refusal(request: Callable[[], Any]) -> str:
    """Return the error code with which a request is refused; "" if it succeeds."""
    try:
        request()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def _objects(probe: Probe) -> bool:
    return probe.get(_KEY) == _BODY and probe.listed() == [_KEY]


def _pages(probe: Probe) -> bool:
    for number in range(5):
        probe.put(f"jobs/{number}")
    pages = probe.client.get_paginator("list_objects_v2")
    found = [
        each["Key"]
        for page in pages.paginate(Bucket=probe.bucket, PaginationConfig={"PageSize": 2})
        for each in page.get("Contents", ())
    ]
    return found == [*(f"jobs/{number}" for number in range(5)), _KEY]


def _ranges(probe: Probe) -> bool:
    return probe.get(_KEY, Range="bytes=2-4") == b"234"


def _ranges_beyond_the_end(probe: Probe) -> bool:
    answer = probe.client.get_object(Bucket=probe.bucket, Key=_KEY, Range="bytes=8-20")
    return answer["ResponseMetadata"]["HTTPStatusCode"] == 206 and answer["Body"].read() == b"89"


def _batch_deletes(probe: Probe) -> bool:
    request = {"Objects": [{"Key": _KEY}]}
    refused = _refusal(lambda: probe.client.delete_objects(Bucket=probe.bucket, Delete=request))
    return not refused and probe.listed() == []


def _multipart(probe: Probe) -> bool:
    place = {"Bucket": probe.bucket, "Key": "packs/large"}
    upload = probe.client.create_multipart_upload(**place)["UploadId"]
    tags = [
        probe.client.upload_part(**place, UploadId=upload, PartNumber=n, Body=body)["ETag"]
        for n, body in ((1, bytes(5 << 20)), (2, b"end"))
    ]
    parts = [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]
    probe.client.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": parts}
    )
    return probe.get("packs/large") == bytes(5 << 20) + b"end"


def _unfinished_uploads(probe: Probe) -> bool:
    place = {"Bucket": probe.bucket, "Key": "packs/unfinished"}
    upload = probe.client.create_multipart_upload(**place)["UploadId"]
    probe.client.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"1")
    listed = probe.client.list_multipart_uploads(Bucket=probe.bucket, Prefix="packs/")
    probe.client.abort_multipart_upload(**place, UploadId=upload)
    return [each["Key"] for each in listed.get("Uploads", ())] == ["packs/unfinished"]


def _lifecycle(probe: Probe) -> bool:
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 9}}
    refused = _refusal(
        lambda: probe.client.put_bucket_lifecycle_configuration(
            Bucket=probe.bucket, LifecycleConfiguration={"Rules": [rule]}
        )
    )
    if refused:
        return False
    answer = probe.client.get_bucket_lifecycle_configuration(Bucket=probe.bucket)
    return [each["ID"] for each in answer.get("Rules", ())] == ["x"]


def _copy(probe: Probe, tag: str) -> str:
    source = {"Bucket": probe.bucket, "Key": _KEY}
    return _refusal(
        lambda: probe.client.copy_object(
            Bucket=probe.bucket, Key="packs/b", CopySource=source, CopySourceIfMatch=tag,
            MetadataDirective="REPLACE", TaggingDirective="REPLACE",
        )
    )  # fmt: skip


def _copies(probe: Probe) -> bool:
    tag = probe.client.head_object(Bucket=probe.bucket, Key=_KEY)["ETag"]
    return not _copy(probe, tag) and probe.get("packs/b") == _BODY


def _conditional_copies(probe: Probe) -> bool:
    return _copy(probe, '"00000000000000000000000000000000"') == "PreconditionFailed"


def _accepts_key(probe: Probe, key: str) -> bool:
    return not _refusal(partial(probe.put, key)) and key in probe.listed()


def _rejects_wrong_keys(probe: Probe) -> bool:
    wrong = probe.settings.model_copy(update={"s3_secret_key": SecretStr("wrong")})
    client = s3_client(wrong)
    return bool(_refusal(lambda: client.get_object(Bucket=probe.bucket, Key=_KEY)))


def _names_missing_buckets(probe: Probe) -> bool:
    request = partial(probe.client.get_object, Bucket="not-made-yet", Key=_KEY)
    return _refusal(request) == "NoSuchBucket"


FEATURES: dict[str, Callable[[Probe], bool]] = {
    "objects: put, get, list": _objects,
    "listing in pages": _pages,
    "part of an object (range)": _ranges,
    "range that extends beyond the end": _ranges_beyond_the_end,
    "upload in parts": _multipart,
    "list and abort of unfinished uploads": _unfinished_uploads,
    "several objects per delete request": _batch_deletes,
    "copy on the server": _copies,
    "copy only if unchanged": _conditional_copies,
    "key with a line break": lambda probe: _accepts_key(probe, "line\nbreak"),
    "key with an empty part (`a//b`)": lambda probe: _accepts_key(probe, "a//b"),
    "stores lifecycle rules": _lifecycle,
    "rejects wrong keys": _rejects_wrong_keys,
    "says that a bucket is missing": _names_missing_buckets,
}
"""Operation -> function that tries it."""


def measure(settings: Settings) -> dict[str, bool]:
    """Try each operation in a bucket made for this."""
    with _bucket(settings) as probe:
        return {feature: _try(probe, works) for feature, works in FEATURES.items()}


def _try(probe: Probe, works: Callable[[Probe], bool]) -> bool:
    probe.put(_KEY)
    try:
        return works(probe)
    finally:
        probe.clear()


def documented() -> dict[str, dict[str, bool]]:
    """Return the table of the page: server -> operation -> whether it works."""
    block = _BLOCK.search(PAGE.read_text("utf-8"))
    assert block
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in block[0].splitlines()]
    table = {row[0]: row[1:] for row in rows if row and row[0] in FEATURES}
    return {
        name: {feature: cells[at] == "yes" for feature, cells in table.items()}
        for at, name in enumerate(NAMES)
    }


@contextmanager
def _bucket(settings: Settings) -> Iterator[Probe]:
    client: Any = s3_client(settings)
    name = f"probe-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    probe = Probe(settings, client, name)
    yield probe
    client.delete_bucket(Bucket=name)


def main() -> int:
    """Measure all servers and write the table; return the exit code."""
    found = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for name in NAMES:
            home = Path(folder, name)
            context = servers(home) if name == SEAWEEDFS else s3_server(name, home)
            settings = {"redis_url": "redis://127.0.0.1:1", **stack.enter_context(context)}
            found.append(measure(load_settings(**settings)))
    lines = ["| operation | " + " | ".join(_TITLES[name] for name in NAMES) + " |"]
    lines += ["|---" * (len(NAMES) + 1) + "|"]
    for feature in FEATURES:
        cells = ["yes" if each[feature] else "no" for each in found]
        lines.append(f"| {feature} | " + " | ".join(cells) + " |")
    table = "\n".join(lines) + "\n"
    page = PAGE.read_text("utf-8")
    PAGE.write_text(_BLOCK.sub(lambda block: block[1] + table + block[2], page), "utf-8")
    sys.stdout.write(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

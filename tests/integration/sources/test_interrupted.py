"""After a submitter is killed, the same command sends only the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.jobs.submission import SubmissionProgress
from tests.support.archives import contents, packed
from tests.support.buckets import OtherBucket
from tests.support.commands import start_glasses
from tests.support.photos import photos
from tests.support.stored_photos import stored
from tests.support.wait import wait_until

PHOTOS = 2000
COPIED = 700
"""Photos in a bucket: the server copies them one by one."""


def arguments(kind: str, folder: Path, bucket: OtherBucket) -> list[str]:
    """Return the arguments that name the photos."""
    if kind == "bucket":
        for name, data in contents(folder).items():
            bucket.put(f"collection/{name}", data)
        return [f"s3://{bucket.name}/collection"]
    if kind == "list":
        names = folder.parent / "names"
        names.write_text("".join(f"{path}\n" for path in sorted(folder.iterdir())))
        return ["--from-file", str(names)]
    path = folder.parent / f"photos.{kind}"
    return [str(packed(path, contents(folder), kind))]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar", "bucket", "list"])
def test_the_same_submit_sends_only_the_rest(
    kind: str, settings: Settings, client: Client, bucket: OtherBucket, tmp_path: Path
) -> None:
    source = tmp_path / "tiny.jpg"
    source.write_bytes(b"\xff\xd8\xff")
    count = COPIED if kind == "bucket" else PHOTOS
    words = arguments(kind, photos(tmp_path / "in", source, count), bucket)
    submitter = start_glasses("submit", *words, "--detach", settings=settings, stderr=None)
    assert submitter.stdout
    killed = client.job(submitter.stdout.readline().strip())
    wait_until(lambda: killed.status().submitted >= count // 8)
    submitter.kill()
    submitter.wait()
    submitter.stdout.close()
    half = killed.status().submitted
    assert half < count
    seen: list[SubmissionProgress] = []
    listed = Path(words[1]).read_text().splitlines() if kind == "list" else None
    again = client.submit([] if listed else words, file_list=listed, on_progress=seen.append)
    assert again.status().submitted == count
    assert seen[-1].present >= half
    assert seen[-1].uploaded == count - seen[-1].present
    assert len(stored(client)) == count

"""A submitter that is killed in the middle: the same command sends only the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.settings import Settings
from glasses.submission import Progress
from infra.local.workers import environment
from tests.support.archives import contents, packed
from tests.support.buckets import OtherBucket
from tests.support.photos import photos
from tests.support.stored import stored
from tests.support.waiting import wait_until

PHOTOS = 2000


def arguments(kind: str, folder: Path, bucket: OtherBucket) -> list[str]:
    """What names the photos."""
    if kind == "bucket":
        for name, data in contents(folder).items():
            bucket.put(f"pile/{name}", data)
        return [f"s3://{bucket.name}/pile"]
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
    words = arguments(kind, photos(tmp_path / "in", source, PHOTOS), bucket)
    submitter = subprocess.Popen(
        [sys.executable, "-m", "producer", "submit", *words, "--detach"],
        env=os.environ | environment(settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert submitter.stdout
    killed = client.job(submitter.stdout.readline().strip())
    wait_until(lambda: killed.status().submitted >= 300)
    submitter.kill()
    submitter.wait()
    submitter.stdout.close()
    half = killed.status().submitted
    assert half < PHOTOS
    seen: list[Progress] = []
    listed = Path(words[1]).read_text().splitlines() if kind == "list" else None
    again = client.submit([] if listed else words, listed=listed, on_progress=seen.append)
    assert again.status().submitted == PHOTOS
    assert seen[-1].present >= half
    assert seen[-1].uploaded == PHOTOS - seen[-1].present
    assert len(stored(client)) == PHOTOS

"""The same photos have the same verdicts, whatever source they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from glasses.config.settings import Settings
from tests.support.archives import contents, packed
from tests.support.buckets import OtherBucket
from tests.support.commands import glasses
from tests.support.photos import photos
from tests.support.workers import Worker


def rows(
    settings: Settings, *arguments: str, folder: str, stdin: str = "", prefix: str = ""
) -> list[dict[str, object]]:
    """Submit, wait, and return the rows sorted by name without a prefix, their paths checked."""
    done = glasses("submit", *arguments, "--wait", settings=settings, stdin=stdin)
    assert done.returncode == 1, done.stderr  # some demo photos must fail
    found = glasses("results", done.stdout.strip(), "--format", "jsonl", settings=settings)
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    for line in lines:
        assert line["image"].startswith(prefix)
        line["image"] = line["image"].removeprefix(prefix)
        assert line.pop("path") == f"{folder}/{line['image']}"
    return sorted(lines, key=lambda line: str(line["image"]))


def test_folder_archives_list_and_bucket_have_the_same_verdicts(
    settings: Settings,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
    bucket: OtherBucket,
) -> None:
    start_worker(1)
    files = contents(demo_photos)
    folder = rows(settings, str(demo_photos), folder=str(demo_photos))
    assert len(folder) == len(files) - 1 == 22  # one is not a photo
    zip_ = packed(tmp_path / "photos.zip", files, "zip")
    assert rows(settings, str(zip_), prefix="photos.zip/", folder=str(zip_)) == folder
    tar = packed(tmp_path / "photos.tar.xz", files, "tar.xz")
    assert rows(settings, str(tar), prefix="photos.tar.xz/", folder=str(tar)) == folder
    for name, data in files.items():
        bucket.put(f"some/where/{name}", data)
    address = f"s3://{bucket.name}/some/where"
    assert rows(settings, address, folder=address) == folder
    names = "".join(f"{demo_photos}/{name}\0" for name in files if name != "notes.txt")
    place = str(demo_photos)
    listed = rows(
        settings, "--from-file", "-", "--null", stdin=names, prefix=f"{place}/", folder=place
    )
    assert listed == folder


def test_archive_without_servers_has_the_same_rows(
    settings: Settings, start_worker: Callable[..., Worker], demo_photos: Path, tmp_path: Path
) -> None:
    start_worker(1)
    collection = photos(tmp_path / "collection", demo_photos / "collins.jpg", 90)
    paths = [
        str(packed(tmp_path / "p.tar.gz", contents(demo_photos), "tar.gz")),
        str(collection),  # enough for several processes
        str(packed(tmp_path / "p.zip", contents(demo_photos / "album"), "zip")),
    ]
    submitted = glasses("submit", *paths, "--wait", settings=settings)
    results = ("results", submitted.stdout.strip(), "--format", "jsonl")
    here = glasses("classify", *paths, "--processes", "2", "--format", "jsonl")
    assert here.stdout == glasses(*results, settings=settings).stdout
    assert len(here.stdout.splitlines()) == 22 + 90 + 2
    bucket = glasses("classify", "s3://bucket/prefix")
    assert (bucket.returncode, bucket.stdout) == (2, "")
    assert "use `glasses submit` for it" in bucket.stderr

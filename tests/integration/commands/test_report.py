"""`glasses report`: which pictures the page contains and where they come from."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.storage.object_store import image_key
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses

NAMES = ("album/van-rossum.avif", "cat.jpg", "empty.jpg", "hopper-rotated-by-exif.jpg")


@pytest.fixture
def collection(tmp_path: Path, demo_photos: Path) -> Path:
    folder = tmp_path / "collection"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(demo_photos / name, folder / name)
    return folder


def rows(report: Path) -> dict[str, list[Any]]:
    """As scripts/01-data.js reads them: name, status, …, width, height, thumbnail, link."""
    blocks = re.findall(r'class="photos">(.*?)</script>', report.read_text("utf-8"), re.DOTALL)
    return {row[0]: row for block in blocks for row in json.loads(block)}


def test_pictures_come_from_files_or_else_from_the_object_store(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    outcomes = {
        "album/van-rossum.avif": outcome(face(0.98)),
        "cat.jpg": outcome(),
        "hopper-rotated-by-exif.jpg": outcome(face(0.97)),
    }
    job = submit_classified(client, collection, outcomes)
    photos = {photo.verdict.image: photo for photo in job.photo_results()}
    for name in ("cat.jpg", "album/van-rossum.avif"):
        content = photos[name].verdict.sha256
        assert content
        client.store.put(image_key(content), (collection / name).read_bytes())
    (collection / "cat.jpg").unlink()
    (collection / "album/van-rossum.avif").write_bytes(b"another one")
    report = tmp_path / "out.html"
    done = glasses("report", job.id, "-o", str(report), "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "path": str(report), "photos": 4, "thumbnails": 3, "size": report.stat().st_size,
        "previews": 0, "folder": None, "folder_size": 0,
        "unreadable": [], "state": "done", "without_verdict": 0,
    }  # fmt: skip
    found = rows(report)
    assert sorted(found) == sorted(NAMES)
    links = {name: row[10] for name, row in found.items()}
    assert links == dict.fromkeys(NAMES, None) | {
        "hopper-rotated-by-exif.jpg": "collection/hopper-rotated-by-exif.jpg",
        "empty.jpg": "collection/empty.jpg",
    }
    hopper = found["hopper-rotated-by-exif.jpg"]
    assert hopper[7] < hopper[8]  # upright
    assert found["empty.jpg"][9] == ""


def test_report_can_omit_pictures_and_paths(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, {n: outcome() for n in NAMES if n != "empty.jpg"})
    arguments = ["report", job.id, "-o", str(tmp_path / "out.html"), "--no-thumbnails"]
    glasses(*arguments, "--no-links", settings=settings)
    text = (tmp_path / "out.html").read_text("utf-8")
    assert {(row[9], row[10]) for row in rows(tmp_path / "out.html").values()} == {("", None)}
    assert str(tmp_path) not in text.replace(f'"title":"{collection}"', "")
    glasses(*arguments, settings=settings)
    assert rows(tmp_path / "out.html")["cat.jpg"][10] == "collection/cat.jpg"
    nowhere = glasses("report", job.id, "-o", "/no/such/folder/x.html", settings=settings)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")


def test_pictures_beyond_the_limit_are_stored_beside_the_report(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    from PIL import Image

    Image.open(collection / "cat.jpg").save(collection / "cat.tif")
    names = [name for name in (*NAMES, "cat.tif") if name != "empty.jpg"]
    job = submit_classified(client, collection, {name: outcome() for name in names})
    report = tmp_path / "out.html"
    done = glasses("report", job.id, "-o", str(report), "--embed", "0", settings=settings)
    stored = sorted((tmp_path / "out_files").rglob("*.webp"))
    assert "5 photos, 4 thumbnails, 1 preview" in done.stdout
    assert f"in {tmp_path / 'out_files'}: keep it beside the report" in done.stdout
    assert [path.name.endswith("-large.webp") for path in stored].count(True) == 1
    assert len(stored) == 5
    assert {row[9] for row in rows(report).values()} == {1, ""}
    assert rows(report)["cat.tif"][11] == 1
    glasses("report", job.id, "-o", str(report), "--previews", "all", settings=settings)
    assert not (tmp_path / "out_files").exists(), "unused pictures are deleted"
    assert all(row[11] for name, row in rows(report).items() if name != "empty.jpg")


def test_classify_writes_the_same_report(collection: Path, tmp_path: Path) -> None:
    report = tmp_path / "out.html"
    done = glasses("classify", str(collection), "--report", str(report))
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 4)  # 1: a photo failed
    assert "4 photos, 3 thumbnails" in done.stderr
    assert rows(report)["hopper-rotated-by-exif.jpg"][2] > 0.9


def test_report_of_one_photo_is_summarized_in_the_singular(
    client: Client, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    collection = tmp_path / "collection"
    collection.mkdir()
    shutil.copy(demo_photos / "cat.jpg", collection)
    job = submit_classified(client, collection, {"cat.jpg": outcome()})
    report = tmp_path / "out.html"
    done = glasses("report", job.id, "-o", str(report), settings=settings)
    assert done.stdout.startswith(f"{report}: 1 photo, 1 thumbnail, ")


def test_dash_is_rejected_as_an_output_file(
    demo_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (
        ["report", "holiday"],
        ["results", "holiday", "--format", "csv"],
        ["explain", str(demo_photos / "hopper.jpg")],
    ):
        done = glasses(*words, "-o", "-", home=tmp_path / "home")
        assert (done.returncode, done.stdout) == (2, ""), words
        assert done.stderr == "glasses: - cannot be written: pass a file, not stdout\n"
    assert list(tmp_path.iterdir()) == []

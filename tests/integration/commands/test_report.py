"""`glasses report` as a user types it: which pictures it has, and where they come from."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.object_store import image_key
from glasses.settings import Settings
from tests.support.commands import glasses
from tests.support.judged import face, judged_job, outcome

NAMES = ("album/van-rossum.avif", "cat.jpg", "empty.jpg", "hopper-rotated-by-exif.jpg")


@pytest.fixture
def pile(tmp_path: Path, demo_photos: Path) -> Path:
    folder = tmp_path / "pile"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(demo_photos / name, folder / name)
    return folder


def rows(report: Path) -> dict[str, list[Any]]:
    """As scripts/1-data.js reads them: name, status, …, width, height, thumbnail, link."""
    blocks = re.findall(r'class="photos">(.*?)</script>', report.read_text("utf-8"), re.DOTALL)
    return {row[0]: row for block in blocks for row in json.loads(block)}


def test_pictures_come_from_files_else_from_the_object_store(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    outcomes = {
        "album/van-rossum.avif": outcome(face(0.98)),
        "cat.jpg": outcome(),
        "hopper-rotated-by-exif.jpg": outcome(face(0.97)),
    }
    job = judged_job(client, pile, outcomes)
    photos = {photo.verdict.image: photo for photo in job.judged()}
    for name in ("cat.jpg", "album/van-rossum.avif"):
        content = photos[name].verdict.sha256
        assert content
        client.store.put(image_key(content), (pile / name).read_bytes())
    (pile / "cat.jpg").unlink()
    (pile / "album/van-rossum.avif").write_bytes(b"another one")
    report = tmp_path / "out.html"
    done = glasses("report", job.id, "-o", str(report), "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "path": str(report), "photos": 4, "thumbnails": 3, "size": report.stat().st_size,
    }  # fmt: skip
    found = rows(report)
    assert sorted(found) == sorted(NAMES)
    links = {name: row[9] for name, row in found.items()}
    assert links == dict.fromkeys(NAMES, None) | {
        "hopper-rotated-by-exif.jpg": "pile/hopper-rotated-by-exif.jpg"
    }
    hopper = found["hopper-rotated-by-exif.jpg"]
    assert hopper[6] < hopper[7]  # upright
    assert found["empty.jpg"][8] == ""


def test_report_may_be_without_pictures_and_paths(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    job = judged_job(client, pile, {n: outcome() for n in NAMES if n != "empty.jpg"})
    arguments = ["report", job.id, "-o", str(tmp_path / "out.html"), "--no-thumbnails"]
    glasses(*arguments, "--no-links", settings=settings)
    text = (tmp_path / "out.html").read_text("utf-8")
    assert {(row[8], row[9]) for row in rows(tmp_path / "out.html").values()} == {("", None)}
    assert str(tmp_path) not in text.replace(f'"title":"{pile}"', "")
    glasses(*arguments, settings=settings)
    assert rows(tmp_path / "out.html")["cat.jpg"][9] == "pile/cat.jpg"
    nowhere = glasses("report", job.id, "-o", "/no/such/folder/x.html", settings=settings)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")


def test_classify_writes_the_same_report(pile: Path, tmp_path: Path) -> None:
    report = tmp_path / "out.html"
    done = glasses("classify", str(pile), "--report", str(report))
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 4)  # 1: a photo failed
    assert "4 photos, 3 thumbnails" in done.stderr
    assert rows(report)["hopper-rotated-by-exif.jpg"][2] > 0.9


def test_report_of_one_photo_is_told_in_the_singular(
    client: Client, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    pile = tmp_path / "pile"
    pile.mkdir()
    shutil.copy(demo_photos / "cat.jpg", pile)
    job = judged_job(client, pile, {"cat.jpg": outcome()})
    report = tmp_path / "out.html"
    done = glasses("report", job.id, "-o", str(report), settings=settings)
    assert done.stdout.startswith(f"{report}: 1 photo, 1 thumbnail, ")


def test_dash_is_no_name_of_a_file(
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
        assert done.stderr == "glasses: - cannot be written: name a file, not stdout\n"
    assert list(tmp_path.iterdir()) == []

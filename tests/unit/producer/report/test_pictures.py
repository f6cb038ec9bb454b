from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from glasses.protocol.outcome import Outcome
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.statuses import PhotoStatus
from glasses.protocol.verdict import DecisionRule, make_verdict
from glasses.sources.hashing import hash_file
from glasses.sources.walk import SourceFile
from producer import extras
from producer.report import file
from producer.report.file import NO_THUMBNAILS, ReportRequest
from producer.report.thumbnails import PictureMaker


def test_files_are_shown_without_the_worker_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extras, "REQUIRED_PACKAGES", ("cv2", "no_such_package"))
    assert not extras.can_decode()
    assert ReportRequest(tmp_path / "r.html").pictures() == NO_THUMBNAILS
    assert "pip install" in file.NO_THUMBNAILS


def classified(path: Path) -> PhotoResult:
    path.write_bytes(b"\xff\xd8\xff")
    return result(path)


def result(path: Path) -> PhotoResult:
    entry = hash_file(SourceFile(path.name, path), 1 << 20).model_copy(update={"path": str(path)})
    rule = DecisionRule(model="m", threshold=0.5)
    row = make_verdict(path.name, entry.sha256, Outcome(status=PhotoStatus.NO_FACE), rule)
    return PhotoResult(entry, row)


def test_a_photo_replaced_by_a_pipe_has_no_picture(tmp_path: Path) -> None:
    photo = classified(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    found = PictureMaker(tmp_path, None, lambda _: None, thumbnails=True)
    ((_, picture),) = found.of([photo])
    assert (picture.thumbnail, picture.link) == (b"", None)


def test_a_photo_that_browsers_cannot_show_has_a_preview_and_a_date(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2023:05:04 10:11:12"
    photos = []
    for name, more in (("a.tif", {}), ("b.jpg", {}), ("c.jpg", {"exif": exif})):
        Image.new("RGB", (640, 480), "red").save(tmp_path / name, **more)
        os.utime(tmp_path / name, (1e9, 1e9))
        photos.append(result(tmp_path / name))
    modified = datetime.fromtimestamp(1e9)
    found = PictureMaker(tmp_path, None, lambda _: None, thumbnails=True)
    facts = [(bool(p.preview), p.date, p.is_taken) for _, p in found.of(photos)]
    taken = datetime(2023, 5, 4, 10, 11, 12)
    assert facts == [(True, modified, False), (False, modified, False), (False, taken, True)]


def test_links_are_relative_and_escaped(tmp_path: Path) -> None:
    name = "50% #1?\udce9 javascript:x.jpg"
    path = tmp_path / "photos" / name
    path.parent.mkdir()
    photo = classified(path)
    found = PictureMaker(tmp_path / "reports", None, lambda _: None, thumbnails=False)
    ((_, picture),) = found.of([photo])
    assert picture.link == "../photos/50%25%20%231%3F%E9%20javascript%3Ax.jpg"

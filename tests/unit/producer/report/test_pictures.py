from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.examine import examine
from glasses.judged import Judged
from glasses.outcome import Outcome
from glasses.statuses import PhotoStatus
from glasses.verdict import Rule, verdict
from glasses.walk import Source
from producer import needs
from producer.report import file
from producer.report.file import NO_THUMBNAILS, Wanted
from producer.report.pictures import Pictures


def test_without_the_workers_packages_the_files_are_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(needs, "NEEDED", ("cv2", "no_such_package"))
    assert not needs.can_decode()
    assert Wanted(tmp_path / "r.html").pictures() == NO_THUMBNAILS
    assert "pip install" in file.NO_THUMBNAILS


def judged(path: Path) -> Judged:
    path.write_bytes(b"\xff\xd8\xff")
    entry = examine(Source(path.name, path), 99).model_copy(update={"path": str(path)})
    rule = Rule(model="m", threshold=0.5)
    row = verdict(path.name, entry.sha256, Outcome(status=PhotoStatus.NO_FACE), rule)
    return Judged(entry, row)


def test_photo_that_became_a_pipe_has_no_picture(tmp_path: Path) -> None:
    photo = judged(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    found = Pictures(tmp_path, None, lambda _: None, thumbnails=True)
    ((_, picture),) = found.of([photo])
    assert (picture.thumbnail, picture.link) == (b"", None)


def test_links_are_relative_and_escaped(tmp_path: Path) -> None:
    name = "50% #1?\udce9 javascript:x.jpg"
    path = tmp_path / "photos" / name
    path.parent.mkdir()
    photo = judged(path)
    found = Pictures(tmp_path / "reports", None, lambda _: None, thumbnails=False)
    ((_, picture),) = found.of([photo])
    assert picture.link == "../photos/50%25%20%231%3F%E9%20javascript%3Ax.jpg"

"""A file of this machine: hashed, and held on to until it is sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from glasses.sources.file import FilePhoto
from glasses.walk import Source

JPEG = b"\xff\xd8\xff" + b"a photo" * 9
OTHER = b"\xff\xd8\xff" + b"another" * 9
LIMIT = 1 << 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    return path


def photo_of(path: Path) -> FilePhoto:
    return FilePhoto(Source(path.name, path))


@pytest.mark.parametrize(
    "content", [JPEG, b"", b"no image", JPEG * 999], ids=["photo", "empty", "text", "too large"]
)
def test_a_photo_is_the_same_to_the_manifest_whether_it_is_kept_or_not(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    limit = 2 * len(JPEG)
    assert photo_of(path).examine_and_keep(limit, LIMIT) == photo_of(path).examine(limit)


def test_what_was_kept_is_what_was_hashed_though_the_file_changes(path: Path) -> None:
    photo = photo_of(path)
    sha256 = str(photo.examine_and_keep(LIMIT, len(JPEG)).sha256)
    path.write_bytes(OTHER)
    kept = photo.same(sha256)
    assert kept == JPEG
    assert hashlib.sha256(kept).hexdigest() == sha256
    assert photo.same(sha256) is None, "it is kept once, and then read again"


def test_a_larger_photo_is_read_again(path: Path) -> None:
    photo = photo_of(path)
    sha256 = str(photo.examine_and_keep(LIMIT, len(JPEG) - 1).sha256)
    assert photo.same(sha256) == JPEG
    path.write_bytes(OTHER)
    assert photo.same(sha256) is None


def test_a_missing_file_is_unreadable(path: Path) -> None:
    path.unlink()
    assert photo_of(path).examine_and_keep(LIMIT, LIMIT).reason == "unreadable"

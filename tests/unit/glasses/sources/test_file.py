"""A photo file: hashed, and kept in memory until it is uploaded if it is small."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.sources.file import FilePhoto
from glasses.sources.walk import SourceFile
from tests.support.call_timeout import returns_in_time
from tests.support.swaps import SWAPS, terabytes

JPEG = b"\xff\xd8\xff" + b"a photo" * 9
OTHER = b"\xff\xd8\xff" + b"another" * 9
LIMIT = 1 << 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    return path


def photo_of(path: Path) -> FilePhoto:
    return FilePhoto(SourceFile(path.name, path))


@pytest.mark.parametrize(
    "content", [JPEG, b"", b"no image", JPEG * 999], ids=["photo", "empty", "text", "too large"]
)
def test_the_manifest_entry_is_the_same_whether_bytes_are_kept_or_not(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    limit = 2 * len(JPEG)
    assert photo_of(path).hash_and_keep(limit, LIMIT) == photo_of(path).examine(limit)


def test_kept_bytes_equal_the_hashed_ones_even_if_the_file_changes(path: Path) -> None:
    photo = photo_of(path)
    sha256 = str(photo.hash_and_keep(LIMIT, len(JPEG)).sha256)
    path.write_bytes(OTHER)
    kept = photo.read_if_unchanged(sha256)
    assert kept == JPEG
    assert hashlib.sha256(kept).hexdigest() == sha256
    assert photo.read_if_unchanged(sha256) is None, "it is kept once, and then read again"


def test_a_larger_photo_is_read_again(path: Path) -> None:
    photo = photo_of(path)
    sha256 = str(photo.hash_and_keep(LIMIT, len(JPEG) - 1).sha256)
    assert photo.read_if_unchanged(sha256) == JPEG
    path.write_bytes(OTHER)
    assert photo.read_if_unchanged(sha256) is None


def test_a_missing_file_is_unreadable(path: Path) -> None:
    path.unlink()
    assert photo_of(path).hash_and_keep(LIMIT, LIMIT).reason == "unreadable"


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__)
def test_a_file_replaced_after_hashing_counts_as_changed(
    path: Path, swap: Callable[[Path], None]
) -> None:
    photo = photo_of(path)
    sha256 = str(photo.hash_and_keep(LIMIT, len(JPEG) - 1).sha256)
    swap(path)
    assert returns_in_time(lambda: photo.read_if_unchanged(sha256)) is None


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__)
def test_a_file_replaced_before_hashing_fails_by_name(
    path: Path, swap: Callable[[Path], None]
) -> None:
    swap(path)
    entry = returns_in_time(lambda: photo_of(path).hash_and_keep(LIMIT, LIMIT))
    assert entry.reason == ("file_too_large" if swap is terabytes else "unreadable")

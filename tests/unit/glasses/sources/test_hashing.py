from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.sources.hashing import hash_file
from glasses.sources.walk import SourceFile

JPEG = b"\xff\xd8\xff\xe0"


def examined(path: Path, max_bytes: int = 1 << 20) -> ManifestEntry:
    return hash_file(SourceFile(path.name, path), max_bytes)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("size", [4, 31, 32, 33, 1 << 20, (1 << 20) + 33, 3_000_000])
def test_hash_and_size_cover_the_whole_file(size: int, tmp_path: Path) -> None:
    data = JPEG + os.urandom(size - len(JPEG))
    entry = examined(written(tmp_path / "a.jpg", data), max_bytes=1 << 30)
    assert entry == ManifestEntry(
        image="a.jpg", sha256=hashlib.sha256(data).hexdigest(), size=len(data)
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", FailureReason.EMPTY),
        (b"a text", FailureReason.NOT_AN_IMAGE),
        (JPEG + bytes(1000), FailureReason.FILE_TOO_LARGE),
        (b"a film" + bytes(1000), FailureReason.NOT_AN_IMAGE),
    ],
)
def test_a_file_that_cannot_be_a_photo_is_rejected_by_name(
    data: bytes, reason: FailureReason, tmp_path: Path
) -> None:
    entry = examined(written(tmp_path / "a.jpg", data), max_bytes=1000)
    assert entry == ManifestEntry(image="a.jpg", size=len(data), reason=reason)


def test_a_file_of_the_maximum_size_is_accepted(tmp_path: Path) -> None:
    assert examined(written(tmp_path / "a", JPEG + bytes(996)), max_bytes=1000).reason is None


def test_the_file_name_does_not_matter(tmp_path: Path) -> None:
    assert examined(written(tmp_path / "photo.txt", JPEG)).reason is None


def test_a_file_that_cannot_be_opened_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "broken").symlink_to("missing")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "missing", tmp_path / "broken", tmp_path / "loop", tmp_path):
        assert examined(path).reason is FailureReason.UNREADABLE
    assert examined(Path("a\0b")).reason is FailureReason.UNREADABLE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", JPEG)
    path.chmod(0)
    assert examined(path).reason is FailureReason.UNREADABLE


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert examined(tmp_path / "pipe").reason is FailureReason.UNREADABLE


def test_an_endless_device_does_not_hang() -> None:
    assert examined(Path("/dev/zero")).reason is FailureReason.UNREADABLE


def test_a_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg"))
    entry = examined(written(path, JPEG))
    assert os.fsencode(entry.image) == b"\xff.jpg"
    assert entry.reason is None
    path.unlink()
    assert os.fsencode(examined(path).image) == b"\xff.jpg"

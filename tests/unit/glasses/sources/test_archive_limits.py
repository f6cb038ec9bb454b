"""Archives over a limit, or with invalid names, are rejected by name in bounded memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.sources import archive_limits
from glasses.sources.archive import archive_photos
from glasses.sources.archive_limits import Limits
from glasses.sources.left_out import LeftOut
from tests.support.archives import KINDS, Kind, member, named_zip, overlapping, packed, patched_zip
from tests.support.swaps import fifo

JPEG = b"\xff\xd8\xff"
LIMITS = Limits(max_bytes=1 << 20, entries=50, ratio=100)
TOO_LARGE = FailureReason.ARCHIVE_TOO_LARGE


def examined(
    path: Path, told: list[str] | None = None, limits: Limits = LIMITS
) -> list[ManifestEntry]:
    tell = [].append if told is None else told.append
    found = archive_photos(path, limits, lambda _name: True, tell, LeftOut())
    return [photo.examine(limits.max_bytes) for photo in found]


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_with_too_many_entries_is_rejected_by_name(kind: Kind, tmp_path: Path) -> None:
    path = packed(tmp_path / f"p.{kind}", {f"{n}.jpg": b"" for n in range(51)}, kind)
    told: list[str] = []
    *before, last = examined(path, told)
    assert (last.image, last.reason) == (path.name, TOO_LARGE)
    assert len(before) == (0 if kind == "zip" else 50)
    assert "more than 50 entries; raise the limit with GLASSES_MAX_ARCHIVE_ENTRIES" in told[0]
    packed(path, {f"{n}.jpg": JPEG for n in range(50)}, kind)
    assert [entry.reason for entry in examined(path)] == [None] * 50


def test_a_zip_that_understates_its_entries_is_counted(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", {f"{n}.jpg": b"" for n in range(99)}, "zip")
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 1, 1)
    path.write_bytes(data)
    assert [entry.reason for entry in examined(path)] == [TOO_LARGE]


def test_a_million_empty_entries_need_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"a"
    count = 1_000_000
    ends = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 0, 0)
    path.write_bytes(entry * count + ends)
    limits = Limits(max_bytes=1 << 20, entries=20_000, ratio=100)
    told: list[str] = []
    tracemalloc.start()
    try:
        assert [entry.reason for entry in examined(path, told, limits)] == [TOO_LARGE]
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert "20,000 entries" in told[0]


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_an_archive_that_inflates_too_far_is_rejected_by_name(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_limits, "INFLATED", 4 << 20)
    files = {f"{n}.jpg": JPEG + bytes((1 << 20) - 3) for n in range(16)}
    path = packed(tmp_path / f"p.{kind}", files, kind)
    told: list[str] = []
    *before, last = examined(path, told)
    assert (last.image, last.reason) == (path.name, TOO_LARGE)
    assert len(before) < 5
    assert (not before) or kind != "zip"
    assert "GLASSES_MAX_ARCHIVE_RATIO" in told[0]
    enough = Limits(max_bytes=1 << 20, entries=50, ratio=100_000)
    assert len(examined(path, limits=enough)) == 16
    assert {entry.reason for entry in examined(path, limits=enough)} == {None}


def test_skipped_members_of_a_tar_count_as_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_limits, "INFLATED", 4 << 20)
    path = tmp_path / "p.tar.gz"
    with gzip.open(path, "wb") as made:
        made.write(member("film.jpg", 1 << 40).tobuf(tarfile.GNU_FORMAT))
        for _ in range(16):
            made.write(bytes(1 << 20))
    assert [entry.reason for entry in examined(path)] == [FailureReason.NOT_AN_IMAGE, TOO_LARGE]


def test_holes_of_sparse_members_count_as_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_limits, "INFLATED", 4 << 20)
    for number in range(16):
        with (tmp_path / f"{number}.jpg").open("wb") as file:
            file.write(JPEG)
            file.truncate(1 << 20)
    path = tmp_path / "p.tar"
    assert not os.system(f"cd {tmp_path} && tar --create --sparse --file p.tar *.jpg")
    assert [entry.reason for entry in examined(path)][-1] is TOO_LARGE


def test_overlapping_members_are_not_read(tmp_path: Path) -> None:
    path = overlapping(tmp_path / "p.zip", JPEG + os.urandom(9999), 40)
    entries = examined(path)
    assert len(entries) == 40
    assert [entry.reason for entry in entries].count(FailureReason.CORRUPT) == 39


def test_many_large_overlapping_members_are_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_limits, "INFLATED", 4 << 20)
    path = overlapping(tmp_path / "p.zip", JPEG + os.urandom(99_999), 5000)
    limits = Limits(max_bytes=1 << 20, entries=9999, ratio=100)
    assert [entry.reason for entry in examined(path, limits=limits)] == [TOO_LARGE]


def test_a_hundred_thousand_photos_are_within_the_default_limits(tmp_path: Path) -> None:
    names = (f"2026/album/IMG_{number:06d}.jpg".encode() for number in range(100_000))
    path = named_zip(tmp_path / "p.zip", JPEG, *names)
    found = archive_photos(path, Limits.of(Settings()), lambda _name: True, pytest.fail, LeftOut())
    assert sum(1 for _ in found) == 100_000


NAMES = {
    "": "unnamed",
    ".": "unnamed",
    "..": "unnamed",
    "../..": "unnamed",
    "/": None,
    "///": None,
    "/etc/passwd": "etc/passwd",
    "a\0b.jpg": "a",
    "\0": "unnamed",
    "x" * 65_000: "x" * 4096,
    "a\\b.jpg": "a\\b.jpg",
    "C:\\b.jpg": "C:\\b.jpg",
    "line\nbreak\x1b[2J.jpg": "line\nbreak\x1b[2J.jpg",
    "n/" * 2000 + "a.jpg": ("n/" * 2000 + "a.jpg")[-4096:],
}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_member_of_a_zip_has_one_row_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = named_zip(tmp_path / "p.zip", JPEG, name.encode(), name.encode())
    wanted = NAMES[name]
    assert [entry.image for entry in examined(path)] == ([f"p.zip/{wanted}"] * 2 if wanted else [])


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", [*NAMES, "\udcff.jpg"], ids=ascii)
def test_every_member_of_a_tar_has_one_row_whatever_its_name(
    name: str, format_: int, tmp_path: Path
) -> None:
    path = tmp_path / "p.tar"
    with tarfile.open(path, "w", format=format_) as tar:
        for _ in range(2):
            tar.addfile(member(name, 3), io.BytesIO(JPEG))
    entries = examined(path)
    assert len(entries) == 2
    assert {entry.reason for entry in entries} == {None}
    assert {entry.sha256 for entry in entries} == {hashlib.sha256(JPEG).hexdigest()}


def test_an_archive_replaced_by_a_pipe_is_unreadable(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", {"a.jpg": JPEG}, "zip")
    found = archive_photos(path, LIMITS, lambda _name: True, [].append, LeftOut())
    fifo(path)
    assert [photo.examine(1).reason for photo in found] == [FailureReason.UNREADABLE]


def test_a_member_larger_than_declared_is_corrupt(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", {"a.jpg": JPEG + bytes(1000)}, "zip")
    patched_zip(path, "a.jpg", 18, 1 << 31, 4)  # packed size
    assert [entry.reason for entry in examined(path)] == [FailureReason.CORRUPT]

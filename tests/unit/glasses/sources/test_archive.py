"""Photos in archives: members are read in order, and hostile members fail by name."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason, Origin
from glasses.sources import tar_archive
from glasses.sources.archive import archive_photos, is_archive
from glasses.sources.archive_limits import Limits
from glasses.sources.left_out import LeftOut
from glasses.sources.photo import Photo
from tests.support.archives import KINDS, Kind, claims_memory, member, packed, patched_zip

LIMIT = 1 << 20
LIMITS = Limits(LIMIT, 250_000, 100)
JPEG = b"\xff\xd8\xff"


def photos(path: Path, told: list[str] | None = None, limits: Limits = LIMITS) -> list[Photo]:
    tell = [].append if told is None else told.append
    return list(archive_photos(path, limits, lambda _name: True, tell, LeftOut()))


def examined(path: Path, told: list[str] | None = None) -> list[ManifestEntry]:
    return [photo.examine(LIMIT) for photo in photos(path, told)]


def reasons(path: Path, told: list[str] | None = None) -> dict[str, FailureReason | None]:
    return {entry.image.split("/", 1)[-1]: entry.reason for entry in examined(path, told)}


@contextmanager
def little_memory(most: int = 24 << 20) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def written(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_is_hashed_and_read_again(kind: Kind, tmp_path: Path) -> None:
    files = {f"album {n % 3}/{n}.jpg": JPEG + os.urandom(n * 999) for n in range(40)}
    path = packed(tmp_path / f"photos.{kind}", files, kind)
    found = photos(path)
    entries = [photo.examine(LIMIT) for photo in found]
    assert [entry.image for entry in entries] == [f"{path.name}/{name}" for name in files]
    assert {entry.origin for entry in entries} == {Origin.ARCHIVE}
    assert {entry.path for entry in entries} == {None}
    assert [entry.given_path for entry in entries] == [f"{path}/{name}" for name in files]
    for photo, entry, data in list(zip(found, entries, files.values(), strict=True))[::3]:
        assert (entry.sha256, entry.size) == (hashlib.sha256(data).hexdigest(), len(data))
        photo.prepare()
        assert photo.read() == data


@pytest.mark.parametrize("kind", KINDS)
def test_members_that_are_not_photos_are_ignored_as_in_a_folder(kind: Kind, tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", {"a.jpg": JPEG}, "zip").read_bytes()
    files = {
        "empty.jpg": b"", "notes.txt": b"no photo", "inner.zip": inner,
        "large.jpg": JPEG + bytes(LIMIT), ".hidden.jpg": JPEG, "__MACOSX/._a.jpg": JPEG,
        ".cache/a.jpg": JPEG, "page.jpg": b"<html>", "empty": b"", "a photo.txt": JPEG,
        "film.mov": b"\0\0\0\x14ftypqt  " + bytes(2 * LIMIT),
    }  # fmt: skip
    path = packed(tmp_path / f"p.{kind}", files, kind)
    failures = {
        "empty.jpg": FailureReason.EMPTY, "large.jpg": FailureReason.FILE_TOO_LARGE,
        "page.jpg": FailureReason.NOT_AN_IMAGE,
    }  # fmt: skip
    ignored: list[str] = []
    left_out = LeftOut(on_ignored=ignored.append)
    found = archive_photos(path, LIMITS, lambda name: name != "large.jpg", pytest.fail, left_out)
    assert [photo.image for photo in found] == [
        f"{path.name}/{name}" for name in ("empty.jpg", "page.jpg", "a photo.txt")
    ]
    assert ignored == [f"{path}/{name}" for name in ("notes.txt", "inner.zip", "empty", "film.mov")]
    assert left_out.ignored == {"txt": 1, "zip": 1, "no suffix": 1, "mov": 1}
    assert (left_out.skipped, left_out.filtered) == ({"hidden": 2, "__MACOSX": 1}, 1)
    assert reasons(path) == {**failures, "a photo.txt": None}
    strict = archive_photos(path, LIMITS, lambda _name: True, pytest.fail, LeftOut(), strict=True)
    assert {photo.image.split("/", 1)[1]: photo.examine(LIMIT).reason for photo in strict} == {
        **failures, "a photo.txt": None, "empty": FailureReason.EMPTY,
        **dict.fromkeys(["notes.txt", "inner.zip", "film.mov"], FailureReason.NOT_AN_IMAGE),
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_member_names_cause_no_path_traversal_and_keep_their_bytes(
    kind: Kind, tmp_path: Path
) -> None:
    names = ["/etc/passwd", "../../up.jpg", "./a/../b.jpg", "a//c.jpg", "grüße.jpg"]
    path = packed(tmp_path / f"p.{kind}", dict.fromkeys(names, JPEG), kind)
    wanted = ["etc/passwd", "up.jpg", "a/b.jpg", "a/c.jpg", "grüße.jpg"]
    assert [entry.image for entry in examined(path)] == [f"{path.name}/{name}" for name in wanted]


def test_a_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "p.tar", (member("\udcff.jpg", 3), JPEG))
    assert os.fsencode(examined(path)[0].image) == b"p.tar/\xff.jpg"


def test_utf8_names_are_recognized_in_a_zip_without_the_flag(tmp_path: Path) -> None:
    name = "肖像.jpg"
    path = packed(tmp_path / "p.zip", {name: JPEG}, "zip")
    patched_zip(path, name, 6, 0)  # the flags
    assert examined(path)[0].image == f"p.zip/{name}"


def test_links_and_devices_of_a_tar_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(JPEG + b"secret")
    kinds = {
        "symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE,
        "device": tarfile.CHRTYPE, "disk": tarfile.BLKTYPE,
    }  # fmt: skip
    made = [(member(name, 0, kind, str(tmp_path / "secret")), b"") for name, kind in kinds.items()]
    path = written(tmp_path / "p.tar", *made, (member("folder", 0, tarfile.DIRTYPE), b""))
    assert reasons(path) == dict.fromkeys(kinds, FailureReason.UNREADABLE)


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo("link.jpg")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    assert reasons(path) == {"link.jpg": FailureReason.UNREADABLE}


def test_encrypted_members_and_unsupported_compression_fail_by_name(tmp_path: Path) -> None:
    for at, value in ((6, 1), (8, 12), (8, 99)):  # flags; method: bzip2, AES
        path = packed(tmp_path / "p.zip", {"a.jpg": JPEG + b"xxxxxxxx"}, "zip")
        patched_zip(path, "a.jpg", at, value)
        assert reasons(path) == {"a.jpg": FailureReason.UNREADABLE}


def test_a_zip_bomb_needs_no_memory_whatever_size_it_declares(tmp_path: Path) -> None:
    bomb = JPEG + bytes(64 << 20)
    path = packed(tmp_path / "p.zip", {"a.jpg": bomb}, "zip")
    with little_memory():
        assert reasons(path) == {"a.jpg": FailureReason.FILE_TOO_LARGE}
    patched_zip(path, "a.jpg", 22, 1000, 4)  # the size
    with little_memory():
        assert reasons(path) == {"a.jpg": FailureReason.CORRUPT}
        (photo,) = photos(path)
        with pytest.raises(OSError, match="CRC"):
            photo.read()


def test_tar_bombs_need_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.tar.gz"
    with gzip.open(path, "wb") as made:
        made.write(member("a.jpg", 1 << 40).tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            made.write(bytes(1 << 20))
    told: list[str] = []
    with little_memory():
        assert reasons(path, told) == {
            "a.jpg": FailureReason.NOT_AN_IMAGE,
            "p.tar.gz": FailureReason.CORRUPT,
        }
    assert "first 1 files" in told[0]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_pax_attributes_of_gigabytes_are_not_read(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "p.tar.gz"
    with gzip.open(path, "wb") as made:
        made.write(member("x", 1 << 30, kind).tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            made.write(bytes(1 << 20))
    with little_memory():
        assert reasons(path) == {"p.tar.gz": FailureReason.CORRUPT}


def test_endlessly_nested_headers_are_given_up(tmp_path: Path) -> None:
    path = tmp_path / "p.tar"
    nested = member("x", 1, tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT) + bytes(512)
    path.write_bytes(nested * 5000)
    assert reasons(path) == {"p.tar": FailureReason.CORRUPT}


def test_a_negative_size_ends_a_tar(tmp_path: Path) -> None:
    header = bytearray(member("a.jpg", 0).tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + (-4096 & 0xFFFF).to_bytes(2, "big")
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]
    path = tmp_path / "p.tar"
    path.write_bytes(bytes(header) + bytes(9999))
    assert set(reasons(path).values()) == {FailureReason.CORRUPT}


def test_a_sparse_member_is_rejected_by_its_expanded_size(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.jpg"
    with sparse.open("wb") as file:
        file.write(JPEG)
        file.truncate(1 << 40)
    path = tmp_path / "p.tar"
    done = os.system(f"tar --create --sparse --file {path} --directory {tmp_path} sparse.jpg")
    assert done == 0
    assert path.stat().st_size < LIMIT
    assert reasons(path) == {"sparse.jpg": FailureReason.FILE_TOO_LARGE}


def test_an_xz_dictionary_of_gigabytes_is_rejected(tmp_path: Path) -> None:
    plain = packed(tmp_path / "p.tar", {"a.jpg": JPEG}, "tar").read_bytes()
    path = tmp_path / "p.tar.xz"
    path.write_bytes(claims_memory(plain, dictionary=24))  # 16 MiB
    assert reasons(path) == {"a.jpg": None}
    path.write_bytes(claims_memory(plain))
    assert reasons(path) == {"p.tar.xz": FailureReason.CORRUPT}


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_truncated_anywhere_keeps_earlier_members_and_is_reported(
    kind: Kind, tmp_path: Path
) -> None:
    files = {f"{n}.jpg": JPEG + os.urandom(2000) for n in range(20)}
    whole = packed(tmp_path / f"whole.{kind}", files, kind).read_bytes()
    path = tmp_path / f"p.{kind}"
    counts = []
    after_the_last_file = {"tar": 11 << 10, "tar.xz": 200, "tar.gz": 100}.get(kind, 30)
    end = len(whole) - after_the_last_file
    for length in range(0, end, end // 40):
        path.write_bytes(whole[:length])
        told: list[str] = []
        *before, last = examined(path, told)
        assert (last.image, last.reason) == (path.name, FailureReason.CORRUPT)
        assert last.given_path == str(path)
        assert len(told) == 1
        assert {entry.reason for entry in before[:-1]} <= {None}
        counts.append(sum(entry.reason is None for entry in before))
    if kind == "zip":
        assert set(counts) == {0}  # its directory stands at the end
    else:
        assert all(fewer <= more for fewer, more in pairwise(counts))
        assert kind == "tar.bz2" or counts[-1] > 15


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_bytes_cause_named_failures(kind: Kind, tmp_path: Path) -> None:
    files = {f"{n}.jpg": JPEG + os.urandom(500) for n in range(10)}
    whole = packed(tmp_path / f"whole.{kind}", files, kind).read_bytes()
    path = tmp_path / f"p.{kind}"
    for at in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        for photo in photos(path):
            entry = photo.examine(LIMIT)
            if entry.reason is None:
                photo.prepare()
                assert hashlib.sha256(photo.read()).hexdigest() == entry.sha256


def test_memory_does_not_grow_with_the_members_of_a_tar(tmp_path: Path) -> None:
    path = tmp_path / "p.tar"
    path.write_bytes(member("a.txt", 0).tobuf(tarfile.GNU_FORMAT) * 20_000 + bytes(1024))
    with little_memory(2 << 20):
        assert sum(1 for _ in tar_archive.tar_photos(path, LIMITS, print)) == 20_000


def test_an_archive_that_changed_between_hashing_and_upload_is_reported(tmp_path: Path) -> None:
    for kind in KINDS:
        path = packed(tmp_path / f"p.{kind}", {"a.jpg": JPEG, "b.jpg": JPEG}, kind)
        found = photos(path)
        if kind != "zip":  # which stays open
            path.write_bytes(b"something else")
            found[1].prepare()
            with pytest.raises(OSError, match=r".+"):
                found[1].read()


def test_archives_are_recognized_by_their_extension(tmp_path: Path) -> None:
    for name in ("a.ZIP", "a.tgz", "a.Tar.Gz", "a.tar"):
        (tmp_path / name).touch()
        assert is_archive(str(tmp_path / name))
    (tmp_path / "folder.zip").mkdir()
    for name in ("folder.zip", "missing.zip"):
        assert not is_archive(str(tmp_path / name))


def test_the_kind_of_archive_is_detected_from_its_bytes(tmp_path: Path) -> None:
    for kind in KINDS:
        packed(tmp_path / "p.tar.gz", {"a.jpg": JPEG}, kind)
        assert reasons(tmp_path / "p.tar.gz") == {"a.jpg": None}


def test_a_file_that_is_not_an_archive_fails(tmp_path: Path) -> None:
    for name in ("p.zip", "p.tar", "p.tgz"):
        for data in (b"", b"no archive", os.urandom(9999)):
            (tmp_path / name).write_bytes(data)
            assert reasons(tmp_path / name) == {name: FailureReason.CORRUPT}


def test_a_file_that_is_not_a_zip_is_reported_as_such(tmp_path: Path) -> None:
    path = tmp_path / "fake.zip"
    path.write_bytes(b"no zip")
    told: list[str] = []
    list(archive_photos(path, LIMITS, lambda _name: True, told.append, LeftOut()))
    assert told == [f"{path} cannot be read: File is not a zip file"]

"""Archives as photos: what is in them is read; hostile ones do nothing but fail."""

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

from glasses.schemas import ManifestEntry
from glasses.sources import tarred, zipped
from glasses.sources.archive import archive, is_archive
from glasses.sources.photo import Photo
from glasses.statuses import FailureReason, Origin
from tests.support.archives import KINDS, Kind, claims_memory, member, packed, patched_zip

LIMIT = 1 << 20
JPEG = b"\xff\xd8\xff"


def photos(path: Path, told: list[str] | None = None) -> list[Photo]:
    tell = [].append if told is None else told.append
    return list(archive(path, LIMIT, lambda _name: True, tell))


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
    for photo, entry, data in list(zip(found, entries, files.values(), strict=True))[::3]:
        assert (entry.sha256, entry.size) == (hashlib.sha256(data).hexdigest(), len(data))
        photo.prepare()
        assert photo.read() == data


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_photo_is_named_as_in_a_folder(kind: Kind, tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", {"a.jpg": JPEG}, "zip").read_bytes()
    files = {
        "empty.jpg": b"", "notes.txt": b"no photo", "inner.zip": inner,
        "large.jpg": JPEG + bytes(LIMIT), ".hidden.jpg": JPEG, "__MACOSX/._a.jpg": JPEG,
        ".cache/a.jpg": JPEG,
    }  # fmt: skip
    assert reasons(packed(tmp_path / f"p.{kind}", files, kind)) == {
        "empty.jpg": FailureReason.EMPTY,
        "notes.txt": FailureReason.NOT_AN_IMAGE,
        "inner.zip": FailureReason.NOT_AN_IMAGE,
        "large.jpg": FailureReason.FILE_TOO_LARGE,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_names_lead_nowhere_and_keep_their_bytes(kind: Kind, tmp_path: Path) -> None:
    names = ["/etc/passwd", "../../up.jpg", "./a/../b.jpg", "a//c.jpg", "grüße.jpg"]
    path = packed(tmp_path / f"p.{kind}", dict.fromkeys(names, JPEG), kind)
    wanted = ["etc/passwd", "up.jpg", "a/b.jpg", "a/c.jpg", "grüße.jpg"]
    assert [entry.image for entry in examined(path)] == [f"{path.name}/{name}" for name in wanted]


def test_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "p.tar", (member("\udcff.jpg", 3), JPEG))
    assert os.fsencode(examined(path)[0].image) == b"p.tar/\xff.jpg"


def test_zip_that_does_not_say_that_its_names_are_utf8(tmp_path: Path) -> None:
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


def test_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo("link.jpg")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    assert reasons(path) == {"link.jpg": FailureReason.UNREADABLE}


def test_encrypted_and_strangely_packed_members_fail_by_name(tmp_path: Path) -> None:
    for at, value in ((6, 1), (8, 12), (8, 99)):  # flags; method: bzip2, AES
        path = packed(tmp_path / "p.zip", {"a.jpg": JPEG + b"xxxxxxxx"}, "zip")
        patched_zip(path, "a.jpg", at, value)
        assert reasons(path) == {"a.jpg": FailureReason.UNREADABLE}


def test_zip_bomb_costs_no_memory_whatever_it_declares(tmp_path: Path) -> None:
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


def test_tar_bombs_cost_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.tar.gz"
    with gzip.open(path, "wb") as made:
        made.write(member("a.jpg", 1 << 40).tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            made.write(bytes(1 << 20))
    told: list[str] = []
    with little_memory():
        assert reasons(path, told) == {
            "a.jpg": FailureReason.FILE_TOO_LARGE,
            "p.tar.gz": FailureReason.CORRUPT,
        }
    assert "first 1 files" in told[0]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_attributes_of_gigabytes_are_not_read(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "p.tar.gz"
    with gzip.open(path, "wb") as made:
        made.write(member("x", 1 << 30, kind).tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            made.write(bytes(1 << 20))
    with little_memory():
        assert reasons(path) == {"p.tar.gz": FailureReason.CORRUPT}


def test_headers_nested_without_end_are_given_up(tmp_path: Path) -> None:
    path = tmp_path / "p.tar"
    nested = member("x", 1, tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT) + bytes(512)
    path.write_bytes(nested * 5000)
    assert reasons(path) == {"p.tar": FailureReason.CORRUPT}


def test_negative_sizes_end_a_tar(tmp_path: Path) -> None:
    header = bytearray(member("a.jpg", 0).tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + (-4096 & 0xFFFF).to_bytes(2, "big")
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]
    path = tmp_path / "p.tar"
    path.write_bytes(bytes(header) + bytes(9999))
    assert set(reasons(path).values()) == {FailureReason.CORRUPT}


def test_sparse_member_is_refused_by_the_size_that_it_would_have(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.jpg"
    with sparse.open("wb") as file:
        file.write(JPEG)
        file.truncate(1 << 40)
    path = tmp_path / "p.tar"
    done = os.system(f"tar --create --sparse --file {path} --directory {tmp_path} sparse.jpg")
    assert done == 0
    assert path.stat().st_size < LIMIT
    assert reasons(path) == {"sparse.jpg": FailureReason.FILE_TOO_LARGE}


def test_xz_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    plain = packed(tmp_path / "p.tar", {"a.jpg": JPEG}, "tar").read_bytes()
    path = tmp_path / "p.tar.xz"
    path.write_bytes(claims_memory(plain, dictionary=24))  # 16 MiB
    assert reasons(path) == {"a.jpg": None}
    path.write_bytes(claims_memory(plain))
    assert reasons(path) == {"p.tar.xz": FailureReason.CORRUPT}


@pytest.mark.parametrize("kind", KINDS)
def test_archive_cut_off_anywhere_keeps_what_came_before_and_says_so(
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
        assert len(told) == 1
        assert {entry.reason for entry in before[:-1]} <= {None}
        counts.append(sum(entry.reason is None for entry in before))
    if kind == "zip":
        assert set(counts) == {0}  # its directory stands at the end
    else:
        assert all(fewer <= more for fewer, more in pairwise(counts))
        assert kind == "tar.bz2" or counts[-1] > 15


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_bytes_end_in_named_failures(kind: Kind, tmp_path: Path) -> None:
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


def test_zip_with_an_endless_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "p.zip", {f"{n}.jpg": JPEG for n in range(99)}, "zip")
    monkeypatch.setattr(zipped, "DIRECTORY", 1000)
    told: list[str] = []
    assert reasons(path, told) == {"p.zip": FailureReason.CORRUPT}
    assert "unpack it" in told[0]


def test_memory_of_a_tar_does_not_grow_with_its_members(tmp_path: Path) -> None:
    path = tmp_path / "p.tar"
    path.write_bytes(member("a.txt", 0).tobuf(tarfile.GNU_FORMAT) * 20_000 + bytes(1024))
    with little_memory(2 << 20):
        assert sum(1 for _ in tarred.tarred(path, LIMIT)) == 20_000


def test_archive_that_changed_between_hashing_and_sending_is_told(tmp_path: Path) -> None:
    for kind in KINDS:
        path = packed(tmp_path / f"p.{kind}", {"a.jpg": JPEG, "b.jpg": JPEG}, kind)
        found = photos(path)
        if kind != "zip":  # which stays open
            path.write_bytes(b"something else")
            found[1].prepare()
            with pytest.raises(OSError, match=r".+"):
                found[1].read()


def test_file_is_an_archive_by_its_end(tmp_path: Path) -> None:
    for name in ("a.ZIP", "a.tgz", "a.Tar.Gz", "a.tar"):
        (tmp_path / name).touch()
        assert is_archive(str(tmp_path / name))
    (tmp_path / "folder.zip").mkdir()
    for name in ("folder.zip", "missing.zip"):
        assert not is_archive(str(tmp_path / name))


def test_kind_is_told_from_the_bytes(tmp_path: Path) -> None:
    for kind in KINDS:
        packed(tmp_path / "p.tar.gz", {"a.jpg": JPEG}, kind)
        assert reasons(tmp_path / "p.tar.gz") == {"a.jpg": None}


def test_file_that_is_no_archive_fails(tmp_path: Path) -> None:
    for name in ("p.zip", "p.tar", "p.tgz"):
        for data in (b"", b"no archive", os.urandom(9999)):
            (tmp_path / name).write_bytes(data)
            assert reasons(tmp_path / name) == {name: FailureReason.CORRUPT}


def test_what_is_no_zip_at_all_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "fake.zip"
    path.write_bytes(b"no zip")
    told: list[str] = []
    list(archive(path, 1 << 20, lambda _name: True, told.append))
    assert told == [f"{path} cannot be read: File is not a zip file"]

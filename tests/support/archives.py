"""Archives for tests, good and hostile."""

from __future__ import annotations

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Kind = Literal["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]
KINDS: tuple[Kind, ...] = ("zip", "tar", "tar.gz", "tar.bz2", "tar.xz")
_MODES: dict[str, Literal["w", "w:gz", "w:bz2", "w:xz"]] = {
    "tar": "w", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz",
}  # fmt: skip


def packed(path: Path, files: Mapping[str, bytes], kind: Kind) -> Path:
    """Write an archive with these files in this order."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path
    with tarfile.open(path, _MODES[kind]) as tar:
        for name, data in files.items():
            tar.addfile(member(name, len(data)), io.BytesIO(data))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder as `packed` expects them."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def member(name: str, size: int, type_: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """Return the header of a tar member."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, type_, link
    return info


def patched_zip(path: Path, name: str, at: int, value: int, size: int = 2) -> None:
    """Overwrite a field of a member in its local header and in the central directory.

    Args:
        path: The zip.
        name: Name of its only member.
        at: Offset of the field in the local header.
        value: New value of the field.
        size: Size of the field in bytes.
    """
    data = bytearray(path.read_bytes())
    for mark, shift in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        start = data.index(mark)
        assert name.encode() in data[start : start + 200]
        data[start + at + shift : start + at + shift + size] = value.to_bytes(size, "little")
    path.write_bytes(data)


def claims_memory(data: bytes, dictionary: int = 40) -> bytes:
    """Return an xz whose header requests a dictionary of 4 GiB (code 40)."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    made = bytearray(lzma.compress(data, lzma.FORMAT_XZ, filters=filters))
    header = made[12 : 12 + (made[12] + 1) * 4]
    header[4] = dictionary
    header[-4:] = struct.pack("<I", zlib.crc32(header[:-4]))
    made[12 : 12 + len(header)] = header
    return bytes(made)


def overlapping(path: Path, data: bytes, count: int) -> Path:
    """Write a zip whose members all share the same bytes of the file."""
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.jpg", data)
        one = made.infolist()[0]
        for number in range(count - 1):
            twin = zipfile.ZipInfo("a.jpg")
            twin.header_offset, twin.CRC = one.header_offset, one.CRC
            twin.file_size, twin.compress_size = one.file_size, one.compress_size
            twin.comment = str(number).encode()
            made.filelist.append(twin)
        made._didModify = True  # type: ignore[attr-defined]
    return path


def named_zip(path: Path, data: bytes, *names: bytes) -> Path:
    """Write a zip with these raw member names, some of which `zipfile` would change."""
    bodies, directory, at = [], [], 0
    for name in names:
        sizes = (zlib.crc32(data), len(data), len(data), len(name), 0)
        facts = struct.pack("<HHHHHIIIHH", 20, 1 << 11, 0, 0, 33, *sizes)
        place = struct.pack("<HHHII", 0, 0, 0, 0, at)
        directory.append(b"PK\x01\x02\x14\x00" + facts + place + name)
        bodies.append(b"PK\x03\x04" + facts + name + data)
        at += len(bodies[-1])
    count, size = min(len(names), 0xFFFF), sum(map(len, directory))
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, at, 0)
    path.write_bytes(b"".join([*bodies, *directory, end]))
    return path

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
    """An archive with these files, in this order."""
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
    """The files of a folder, as `packed` takes them."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def member(name: str, size: int, type_: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A header of a tar."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, type_, link
    return info


def patched_zip(path: Path, name: str, at: int, value: int, size: int = 2) -> None:
    """Overwrite a field of a member, in its own header and in the directory.

    Args:
        path: The zip.
        name: Of the member; it must be its only one.
        at: The field's offset in the member's header.
        value: What it becomes.
        size: Of the field in bytes.
    """
    data = bytearray(path.read_bytes())
    for mark, shift in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        start = data.index(mark)
        assert name.encode() in data[start : start + 200]
        data[start + at + shift : start + at + shift + size] = value.to_bytes(size, "little")
    path.write_bytes(data)


def claims_memory(data: bytes, dictionary: int = 40) -> bytes:
    """An xz whose header asks for a dictionary of 4 GiB (code 40)."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    made = bytearray(lzma.compress(data, lzma.FORMAT_XZ, filters=filters))
    header = made[12 : 12 + (made[12] + 1) * 4]
    header[4] = dictionary
    header[-4:] = struct.pack("<I", zlib.crc32(header[:-4]))
    made[12 : 12 + len(header)] = header
    return bytes(made)

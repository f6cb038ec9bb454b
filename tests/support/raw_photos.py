"""Valid RAW photos around any JPEG preview, with small black sensors: one builder per format."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PIL import Image

from tests.support.tiff_writer import ASCII, BYTE, LONG, SHORT, UNDEFINED, Tags, TiffWriter

SENSOR = (256, 192)
_WIDTH, _HEIGHT = SENSOR
_PIXELS = bytes(2 * _WIDTH * _HEIGHT)
_THUMBNAIL = (160, 120)


@dataclass(frozen=True)
class Shot:
    """What a camera stores.

    Attributes:
        preview: The JPEG preview; empty: none.
        orientation: The orientation of the RAW photo, as in EXIF.
    """

    preview: bytes
    orientation: int = 1

    @property
    def size(self) -> tuple[int, int]:
        with Image.open(io.BytesIO(self.preview)) as image:
            return image.size


def nef(shot: Shot) -> bytes:
    """Nikon: a bitmap in the first directory, preview and sensor in sub-directories."""
    tiff = TiffWriter()
    subs = [tiff.directory(_sensor(tiff))]
    if shot.preview:
        subs.insert(0, tiff.directory({254: (LONG, 1), 259: (SHORT, 6), **_jpeg(tiff, shot)}))
    tags = _bitmap(tiff) | _camera("NIKON CORPORATION", "NIKON D700", shot)
    return tiff.finish(tiff.directory(tags | {330: (LONG, subs)}))


def dng(shot: Shot) -> bytes:
    """Any maker: as NEF, with the preview in a strip and a version tag."""
    tiff = TiffWriter()
    subs = [tiff.directory(_sensor(tiff))]
    if shot.preview:
        width, height = shot.size
        strip = _strip(tiff, shot.preview, width, height, samples=3, compression=7, photometric=6)
        subs.append(tiff.directory({254: (LONG, 1), **strip}))
    tags = _bitmap(tiff) | _camera("Google", "Pixel 7", shot)
    tags |= {330: (LONG, subs), 50706: (BYTE, b"\1\4\0\0"), 50708: (ASCII, b"Google Pixel 7\0")}
    return tiff.finish(tiff.directory(tags))


def arw(shot: Shot) -> bytes:
    """Sony: the preview in the first directory, the sensor in a sub-directory."""
    tiff = TiffWriter()
    sub = tiff.directory(_sensor(tiff))
    tags = {254: (LONG, 1), 259: (SHORT, 6), 330: (LONG, [sub])} | _jpeg(tiff, shot)
    return tiff.finish(tiff.directory(tags | _camera("SONY", "ILCE-7M3", shot)))


def pef(shot: Shot) -> bytes:
    """Pentax: the sensor in the first directory, the preview in the second."""
    tiff = TiffWriter()
    second = tiff.directory({254: (LONG, 1), 259: (SHORT, 6), **_jpeg(tiff, shot)})
    tags = _sensor(tiff) | _camera("PENTAX ", "PENTAX K-5", shot)
    return tiff.finish(tiff.directory(tags, second))


def cr2(shot: Shot) -> bytes:
    """Canon: the preview in the first directory, the sensor as lossless JPEG in the last."""
    tiff = TiffWriter(first=16)
    pixels = _lossless_jpeg()
    sensor = tiff.directory(
        {259: (SHORT, 6), 273: (LONG, tiff.add(pixels)), 279: (LONG, len(pixels)),
         50648: (LONG, 1), 50752: (SHORT, [0, 0, _WIDTH])}
    )  # fmt: skip
    bitmap = tiff.directory(_bitmap(tiff), sensor)
    tags: Tags = _camera("Canon", "Canon EOS 5D Mark III", shot)
    if shot.preview:
        width, height = shot.size
        tags |= _strip(tiff, shot.preview, width, height, samples=3, compression=6, photometric=6)
    data = bytearray(tiff.finish(tiff.directory(tags, bitmap)))
    data[8:16] = b"CR\2\0" + struct.pack("<I", sensor)
    return bytes(data)


def rw2(shot: Shot) -> bytes:
    """Panasonic: an own magic number and own tags, the preview in one of them."""
    tiff = TiffWriter(b"IIU\0", first=24)
    size = _WIDTH * _HEIGHT * 8 // 7
    at = tiff.add(bytes(size + 4000))
    tags: Tags = {
        1: (UNDEFINED, b"0310"), 2: (SHORT, _WIDTH), 3: (SHORT, _HEIGHT), 4: (SHORT, 4),
        5: (SHORT, 8), 6: (SHORT, _HEIGHT - 4), 7: (SHORT, _WIDTH - 8), 8: (SHORT, 1),
        9: (SHORT, 3), 10: (SHORT, 12), 11: (SHORT, 34316), 273: (LONG, at), 277: (SHORT, 1),
        278: (LONG, _HEIGHT), 279: (LONG, size), 280: (LONG, at),
    }  # fmt: skip
    if shot.preview:
        tags[46] = (UNDEFINED, shot.preview)
    return tiff.finish(tiff.directory(tags | _camera("Panasonic", "DMC-GH2", shot)))


def orf(shot: Shot, magic: bytes = b"IIRS") -> bytes:
    """Olympus: an own magic number, the preview behind the maker note, which locates it."""
    tiff = TiffWriter(magic)
    entry = partial(struct.pack, "<HHII")
    settings = struct.pack("<H", 3) + entry(0x100, 4, 1, int(bool(shot.preview)))
    settings += entry(0x101, 4, 1, 30 + 42) + entry(0x102, 4, 1, len(shot.preview)) + bytes(4)
    note = b"OLYMPUS\0II\3\0" + struct.pack("<H", 1) + entry(0x2020, 13, 1, 30) + bytes(4)
    exif = tiff.directory({37500: (UNDEFINED, note + settings + shot.preview)})
    tags = _strip(tiff, _PIXELS, _WIDTH, _HEIGHT, samples=1, bits=16, photometric=1)
    tags |= _camera("OLYMPUS CORPORATION", "E-M5", shot) | {34665: (LONG, exif)}
    return tiff.finish(tiff.directory(tags))


def raf(shot: Shot) -> bytes:
    """Fujifilm: a header with three positions; the JPEG has the only EXIF block."""
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "FUJIFILM", "X-T3", shot.orientation
    block = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    jpeg = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(block) + 2) + block + shot.preview[2:]
    jpeg = jpeg if shot.preview else b""
    size = struct.pack(">HH", _HEIGHT, _WIDTH)
    values = {0x100: size, 0x121: size, 0x130: b"\x0c\0\0\0", 0xC000: bytes(16)}
    header = struct.pack(">I", len(values)) + b"".join(
        struct.pack(">HH", tag, len(value)) + value for tag, value in values.items()
    )
    start = 148
    places = (start, len(jpeg), start + len(jpeg), len(header))
    places += (start + len(jpeg) + len(header), len(_PIXELS))
    magic = b"FUJIFILMCCD-RAW 0201FF129502X-T3".ljust(60, b"\0") + b"0200".ljust(24, b"\0")
    return (magic + struct.pack(">6I", *places)).ljust(start, b"\0") + jpeg + header + _PIXELS


def cr3(shot: Shot) -> bytes:
    """Canon: ISO media boxes; the preview is the first track, the sensor the second."""
    tiff = TiffWriter()
    tags: Tags = {256: (SHORT, _WIDTH), 257: (SHORT, _HEIGHT)}
    camera = tiff.finish(tiff.directory(tags | _camera("Canon", "Canon EOS R6", shot)))
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    about = _box("uuid", canon, *(_box(name, camera) for name in ("CMT1", "CMT2", "CMT3")))
    sensor = _box("CMP1", _cr3_image_header())

    def head(start: int) -> bytes:
        size = len(shot.preview)
        jpeg = [_track(_box("JPEG", bytes(4)), start, size)] if size else []
        tracks = [*jpeg, _track(sensor, start + size, 1000)]
        brands = b"crx " + struct.pack(">I", 1) + b"crx isom"
        return _box("ftyp", brands) + _box("moov", about, _box("mvhd", bytes(100)), *tracks)

    return head(len(head(0)) + 8) + _box("mdat", shot.preview, bytes(1000))


RAW_PHOTOS: dict[str, Callable[[Shot], bytes]] = {
    "cr2": cr2, "cr3": cr3, "nef": nef, "nrw": nef, "arw": arw, "raf": raf, "orf": orf,
    "rw2": rw2, "rwl": rw2, "pef": pef, "dng": dng,
}  # fmt: skip
"""Usual ending of the file's name -> builder."""


def _camera(make: str, model: str, shot: Shot) -> Tags:
    names: Tags = {271: (ASCII, make.encode() + b"\0"), 272: (ASCII, model.encode() + b"\0")}
    return names | {274: (SHORT, shot.orientation)}


def _strip(
    tiff: TiffWriter, data: bytes, width: int, height: int, *, samples: int, photometric: int,
    bits: int = 8, compression: int = 1,
) -> Tags:  # fmt: skip
    return {
        256: (LONG, width), 257: (LONG, height), 258: (SHORT, [bits] * samples),
        259: (SHORT, compression), 262: (SHORT, photometric), 273: (LONG, tiff.add(data)),
        277: (SHORT, samples), 278: (LONG, height), 279: (LONG, len(data)),
    }  # fmt: skip


def _sensor(tiff: TiffWriter) -> Tags:
    """A colour filter array."""
    pattern: Tags = {254: (LONG, 0), 33421: (SHORT, [2, 2]), 33422: (BYTE, b"\0\1\1\2")}
    strip = _strip(tiff, _PIXELS, _WIDTH, _HEIGHT, samples=1, bits=16, photometric=32803)
    return pattern | strip


def _bitmap(tiff: TiffWriter) -> Tags:
    """A picture that shows nothing."""
    pixels = Image.new("RGB", _THUMBNAIL, "gray").tobytes()
    return {254: (LONG, 1), **_strip(tiff, pixels, *_THUMBNAIL, samples=3, photometric=2)}


def _jpeg(tiff: TiffWriter, shot: Shot) -> Tags:
    if not shot.preview:
        return {}
    return {513: (LONG, tiff.add(shot.preview)), 514: (LONG, len(shot.preview))}


def _lossless_jpeg() -> bytes:
    """The header of a lossless JPEG of two components, which is all that is read of it."""
    table = b"\xff\xc4" + struct.pack(">H", 20) + b"\0\1" + bytes(16)
    frame = struct.pack(">HBHHB", 14, 14, _HEIGHT, _WIDTH // 2, 2) + b"\1\x11\0\2\x11\0"
    scan = b"\xff\xda" + struct.pack(">HB", 10, 2) + b"\1\0\2\0\1\0\0" + bytes(_WIDTH)
    return b"\xff\xd8" + table + b"\xff\xc3" + frame + scan + b"\xff\xd9"


def _box(name: str, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + name.encode() + data


def _track(format_: bytes, start: int, size: int) -> bytes:
    sample = _box("CRAW", bytes(82), format_)
    table = _box(
        "stbl",
        _box("stsd", struct.pack(">II", 0, 1), sample),
        _box("stsc", struct.pack(">5I", 0, 1, 1, 1, 1)),
        _box("stsz", struct.pack(">3I", 0, size, 1)),
        _box("co64", struct.pack(">IIQ", 0, 1, start)),
    )
    handler = _box("hdlr", bytes(8) + b"vide" + bytes(13))
    return _box("trak", _box("mdia", handler, _box("minf", table)))


def _cr3_image_header() -> bytes:
    sizes = struct.pack(">4I", _WIDTH, _HEIGHT, _WIDTH, _HEIGHT)
    return b"\xff\xff\0\x30\1\0\0\0" + sizes + b"\x0e\x40\3\0" + b"\0\0\1\0" + bytes(60)

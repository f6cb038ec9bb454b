"""RAW photos: finds the largest JPEG preview that the camera stored beside the sensor's data."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from glasses.protocol.statuses import FailureReason
from worker.vision.errors import PhotoError

MIN_SIDE = 640
"""Longest side in px of a useful preview. Smaller ones are thumbnails, in which faces are lost."""

_EXIF_OF_FLIP = (1, 2, 4, 3, 5, 8, 6, 7)
"""EXIF orientation by LibRaw's flip: bit 0 mirrors columns, 1 rows, 2 swaps rows and columns."""

_COMPRESSION, _PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 259, 262, 330, 50706
_RAW_COMPRESSIONS = {32767, 34713}
"""Sony's and Nikon's."""
_RAW_PHOTOMETRICS = {32803, 34892}
"""Values of a colour filter array, and linear values of a sensor (DNG 1.7)."""
_MAX_DIRECTORIES = 16
_MAX_TAGS = 512
_MAX_SUB_IFDS = 8
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture that the camera rendered.

    Attributes:
        jpeg: The JPEG file.
        orientation: How to rotate it, as in EXIF: 1 to 8. Metadata of the JPEG does not count.
    """

    jpeg: bytes
    orientation: int


def is_raw(tiff: bytes) -> bool:
    """Return whether a TIFF contains the data of a sensor, and is no ordinary photo therefore."""
    return any(
        _DNG_VERSION in tags
        or tags.get(_PHOTOMETRIC) in _RAW_PHOTOMETRICS
        or tags.get(_COMPRESSION) in _RAW_COMPRESSIONS
        for tags in _directories(tiff)
    )


def preview(data: bytes) -> Preview:
    """Return the largest JPEG preview of a RAW photo.

    Raises:
        PhotoError: There is no preview, it is too small, or the file is damaged.
        MemoryError: LibRaw needs more memory than this process may use.
    """
    import rawpy  # most collections have no RAW photos

    try:
        with rawpy.RawPy() as raw:
            raw.open_buffer(io.BytesIO(data))
            sizes, found = raw.sizes, raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError) as error:
        raise PhotoError(FailureReason.NO_PREVIEW) from error
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise MemoryError from error
    except rawpy.LibRawError as error:
        raise PhotoError(FailureReason.CORRUPT) from error
    if not isinstance(found.data, bytes):  # a bitmap: a thumbnail of an old camera
        raise PhotoError(FailureReason.NO_PREVIEW)
    image = Image.open(io.BytesIO(found.data))
    if max(image.size) < MIN_SIDE:
        raise PhotoError(FailureReason.NO_PREVIEW)
    orientation = _EXIF_OF_FLIP[sizes.flip & 7]
    is_upright = orientation >= 5 and (image.width < image.height) != (sizes.width < sizes.height)
    return Preview(found.data, 1 if is_upright else orientation)


def _directories(tiff: bytes) -> Iterator[dict[int, int]]:
    """Yield the tags of each directory (TIFF 6.0, section 2): those of one number, and its value.

    Chained directories and the sub-directories of each follow; all numbers of a damaged or hostile
    file are checked, and what is read is limited.
    """
    order = "<" if tiff[:2] == b"II" else ">"
    pending, seen = [_number(tiff, order + "I", 4)], {0}  # where a chain ends
    while pending and len(seen) <= _MAX_DIRECTORIES:
        start = pending.pop(0)
        count = _number(tiff, order + "H", start)
        end = start + 2 + 12 * min(count, _MAX_TAGS)
        if start in seen or not count or end > len(tiff):
            continue
        seen.add(start)
        tags = {}
        for tag, type_, length, value in struct.iter_unpack(order + "HHI4s", tiff[start + 2 : end]):
            (number,) = struct.unpack_from(order + ("H" if type_ == _SHORT else "I"), value)
            if tag == _SUB_IFDS:
                pending += _sub_directories(tiff, order, number, length)
            tags[tag] = number
        yield tags
        pending.append(_number(tiff, order + "I", start + 2 + 12 * count))


def _sub_directories(tiff: bytes, order: str, number: int, length: int) -> list[int]:
    if length == 1:
        return [number]
    return [_number(tiff, order + "I", number + 4 * i) for i in range(min(length, _MAX_SUB_IFDS))]


def _number(data: bytes, format_: str, at: int) -> int:
    """Return the number at a position, or 0 outside the file: no directory is there."""
    if at + struct.calcsize(format_) > len(data):
        return 0
    (number,) = struct.unpack_from(format_, data, at)
    return int(number)

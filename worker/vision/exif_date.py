"""The date at which a photo was taken, from its EXIF metadata."""

from __future__ import annotations

import io
import warnings
from datetime import datetime

from PIL import ExifTags, Image

_FORMAT = "%Y:%m:%d %H:%M:%S"
"""EXIF 2.32, tag 0x9003: local time of the camera, without a time zone."""


def exif_date(data: bytes) -> datetime | None:
    """Return when a photo was taken, in the camera's local time; None if it does not say.

    Args:
        data: The file, or of a RAW photo its preview.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif = Image.open(io.BytesIO(data)).getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        dates = (details.get(ExifTags.Base.DateTimeOriginal), exif.get(ExifTags.Base.DateTime))
    except Exception:  # Pillow's plugins raise anything on damaged metadata
        return None
    return next((date for text in dates if (date := _parse(text))), None)


def _parse(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text).strip("\0 "), _FORMAT)
    except ValueError:
        return None  # cameras without a clock write zeros or spaces

"""Make demo/photos and demo/expected.csv from demo/originals: `python -m demo.make_photos`.

The script downloads nothing and uses no random numbers. Its output is committed.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageFilter, ImageOps

from demo.eyewear import CLEAR, SUNGLASSES, Eyes, wear

HERE = Path(__file__).resolve().parent
ORIGINALS = HERE / "originals"
PHOTOS = HERE / "photos"
EXPECTED = HERE / "expected.csv"

GIUNCHEDI_CREDIT = (
    "Filippo Giunchedi by Myleen Hollero / Wikimedia Foundation, CC BY-SA 3.0"
    " (https://creativecommons.org/licenses/by-sa/3.0/), changed"
)
VAN_ROSSUM_CREDIT = (
    "Guido van Rossum by Daniel Stroud, CC BY-SA 4.0"
    " (https://creativecommons.org/licenses/by-sa/4.0/), changed"
)
COLLINS_EYES = Eyes(left=(203, 101), right=(246.5, 103.5), left_edge=181, right_edge=269.5)
COLLINS_BUST = (66, 0, 386, 320)
"""Head and shoulders in collins.png, without a round badge that dlib detects as a face."""
PHONE_SIZE = (3000, 4000)
"""Width and height of a portrait photo from a 12-megapixel phone, in px."""
SEATS = {
    "cat.png": (110, 0, 390, 300),
    "collins.png": (138, 36, 314, 225),
    "giunchedi.jpg": (217, 5, 587, 402),
    "hopper.jpg": (66, 43, 472, 479),
}
"""Members of the group photos, and the crop of each original that shows head and shoulders.

Each human face is half as wide as its crop. Detection stops at the first size that finds a face, so
faces of equal size are found together.
"""
SEAT = (280, 300)
"""Width and height of one person in a group photo, in px."""
GAP = 8
"""White margin between and around the members of a group photo, in px."""


class Expected(StrEnum):
    """The expected verdict of a photo."""

    EYEGLASSES = "eyeglasses"
    SUNGLASSES = "sunglasses"
    NO_GLASSES = "no-glasses"
    NO_FACE = "no-face"
    FAILED = "failed"
    IGNORED = "ignored"
    """It is not a photo, so it has no verdict."""


@dataclass(frozen=True, slots=True)
class DemoPhoto:
    """One file of demo/photos.

    Attributes:
        name: Path relative to demo/photos.
        expected: The expected verdict.
        make: Returns the file's bytes.
    """

    name: str
    expected: Expected
    make: Callable[[], bytes]


def main() -> None:
    """Write all photos and the list of expected verdicts."""
    parser = argparse.ArgumentParser(description="Make the demo photos from demo/originals.")
    parser.add_argument(
        "--into", type=Path, default=PHOTOS, help="folder for the photos (default: %(default)s)"
    )
    parser.add_argument(
        "--expected",
        type=Path,
        default=EXPECTED,
        help="CSV file for the expected verdicts (default: %(default)s)",
    )
    arguments = parser.parse_args()
    make_photos(arguments.into)
    write_expected(arguments.expected)
    sys.stderr.write(f"{len(DEMO_PHOTOS)} files in {arguments.into}\n")


def make_photos(folder: Path) -> None:
    """Write all photos to a folder, which is created if it is missing."""
    for photo in DEMO_PHOTOS:
        path = folder / photo.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo.make())


def write_expected(path: Path) -> None:
    """Write the expected verdicts as CSV with the columns `image` and `expected`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["image", "expected"])
        table.writerows([photo.name, str(photo.expected)] for photo in DEMO_PHOTOS)


def _original(name: str) -> Image.Image:
    with Image.open(ORIGINALS / name) as image:
        return image.convert("RGB")


def _copy(name: str) -> Callable[[], bytes]:
    return (ORIGINALS / name).read_bytes


def _bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _jpeg(image: Image.Image, quality: int = 90, **options: object) -> bytes:
    return _bytes(image, "JPEG", quality=quality, optimize=True, **options)


def _credit(text: str) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright] = text
    return exif


def _collins() -> bytes:
    return _jpeg(_original("collins.png").crop(COLLINS_BUST))


def _collins_glasses() -> bytes:
    return _jpeg(wear(_original("collins.png"), COLLINS_EYES, CLEAR).crop(COLLINS_BUST))


def _collins_sunglasses() -> bytes:
    return _jpeg(wear(_original("collins.png"), COLLINS_EYES, SUNGLASSES).crop(COLLINS_BUST))


def _hopper_grayscale() -> bytes:
    return _jpeg(_original("hopper.jpg").convert("L"))


def _hopper_rotated() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # upright after a quarter turn clockwise
    return _jpeg(_original("hopper.jpg").transpose(Image.Transpose.ROTATE_90), exif=exif)


def _hopper_alpha() -> bytes:
    portrait = _original("hopper.jpg").resize((256, 300), Image.Resampling.LANCZOS)
    cut = Image.new("L", portrait.size, 0)
    ImageDraw.Draw(cut).ellipse((4, 4, 252, 296), fill=255)
    portrait.putalpha(cut.filter(ImageFilter.GaussianBlur(2)))
    return _bytes(portrait, "PNG", optimize=True)


def _hopper_webp() -> bytes:
    return _bytes(_original("hopper.jpg"), "WEBP", quality=80, method=6)


def _hopper_sixteen_bit() -> bytes:
    gray = _original("hopper.jpg").convert("L").resize((256, 300), Image.Resampling.LANCZOS)
    deep = np.asarray(gray, dtype=np.uint16) * np.uint16(257)  # 255 becomes 65,535
    return _bytes(Image.fromarray(deep), "PNG", optimize=True)


def _hopper_cmyk() -> bytes:
    return _jpeg(_original("hopper.jpg").convert("CMYK"), quality=80)


def _hopper_phone() -> bytes:
    portrait = ImageOps.fit(_original("hopper.jpg"), PHONE_SIZE, Image.Resampling.BICUBIC)
    return _jpeg(portrait, quality=30)


def _hopper_small() -> bytes:
    small = _original("hopper.jpg").crop((100, 60, 440, 460)).resize((272, 320))
    return _jpeg(ImageOps.mirror(small), quality=85)


def _hopper_truncated() -> bytes:
    whole = (ORIGINALS / "hopper.jpg").read_bytes()
    return whole[: len(whole) * 2 // 5]


def _van_rossum_avif() -> bytes:
    mirrored = ImageOps.mirror(_original("van-rossum.jpg").crop((130, 0, 560, 533)))
    exif = _credit(VAN_ROSSUM_CREDIT)
    return _bytes(mirrored, "AVIF", quality=65, speed=6, exif=exif)


def _giunchedi_animated() -> bytes:
    first = _original("giunchedi.jpg").crop((150, 0, 660, 533)).resize((306, 320))
    frames = [
        frame.quantize(128, dither=Image.Dither.FLOYDSTEINBERG)
        for frame in (first, ImageOps.mirror(first))
    ]
    return _bytes(
        frames[0],
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=700,
        loop=0,
        comment=GIUNCHEDI_CREDIT.encode("ascii"),
    )


def _group(*names: str) -> bytes:
    width, height = SEAT
    row = Image.new("RGB", (len(names) * (width + GAP) + GAP, height + 2 * GAP), (255, 255, 255))
    for place, name in enumerate(names):
        person = _original(name).crop(SEATS[name]).resize(SEAT, Image.Resampling.LANCZOS)
        row.paste(person, (GAP + place * (width + GAP), GAP))
    return _jpeg(row, exif=_credit(GIUNCHEDI_CREDIT))


def _group_with_glasses() -> bytes:
    return _group("collins.png", "hopper.jpg", "giunchedi.jpg")


def _group_without_glasses() -> bytes:
    return _group("giunchedi.jpg", "cat.png", "collins.png")


def _cat() -> bytes:
    return _jpeg(_original("cat.png"))


def _coffee() -> bytes:
    return _bytes(_original("coffee.png"), "WEBP", quality=80, method=6)


def _notes() -> bytes:
    return b"A text file among the photos. It is not a photo.\n"


DEMO_PHOTOS = (
    DemoPhoto("Grace Hopper (肖像, 1984).jpg", Expected.EYEGLASSES, _hopper_small),
    DemoPhoto("album/giunchedi-animated.gif", Expected.NO_GLASSES, _giunchedi_animated),
    DemoPhoto("album/van-rossum.avif", Expected.EYEGLASSES, _van_rossum_avif),
    DemoPhoto("cat.jpg", Expected.NO_FACE, _cat),
    DemoPhoto("coffee.webp", Expected.NO_FACE, _coffee),
    DemoPhoto("collins-glasses.jpg", Expected.EYEGLASSES, _collins_glasses),
    DemoPhoto("collins-sunglasses.jpg", Expected.SUNGLASSES, _collins_sunglasses),
    DemoPhoto("collins.jpg", Expected.NO_GLASSES, _collins),
    DemoPhoto("empty.jpg", Expected.FAILED, bytes),
    DemoPhoto("giunchedi.jpg", Expected.NO_GLASSES, _copy("giunchedi.jpg")),
    DemoPhoto("group-with-glasses.jpg", Expected.EYEGLASSES, _group_with_glasses),
    DemoPhoto("group-without-glasses.jpg", Expected.NO_GLASSES, _group_without_glasses),
    DemoPhoto("hopper-12-megapixels.jpg", Expected.EYEGLASSES, _hopper_phone),
    DemoPhoto("hopper-16-bit.png", Expected.EYEGLASSES, _hopper_sixteen_bit),
    DemoPhoto("hopper-alpha.png", Expected.EYEGLASSES, _hopper_alpha),
    DemoPhoto("hopper-cmyk.jpg", Expected.EYEGLASSES, _hopper_cmyk),
    DemoPhoto("hopper-grayscale.jpg", Expected.EYEGLASSES, _hopper_grayscale),
    DemoPhoto("hopper-rotated-by-exif.jpg", Expected.EYEGLASSES, _hopper_rotated),
    DemoPhoto("hopper-truncated.jpg", Expected.FAILED, _hopper_truncated),
    DemoPhoto("hopper.jpg", Expected.EYEGLASSES, _copy("hopper.jpg")),
    DemoPhoto("hopper.webp", Expected.EYEGLASSES, _hopper_webp),
    DemoPhoto("notes.txt", Expected.IGNORED, _notes),
    DemoPhoto("van-rossum.jpg", Expected.EYEGLASSES, _copy("van-rossum.jpg")),
)


if __name__ == "__main__":
    main()

"""Photo sets for benchmarks: generated portraits, photos of a phone and groups; everyday photos.

Each generated photo is made from a demo portrait with a random crop, flip, brightness and grain, so
no two files are equal and file sizes are realistic. The seed is fixed, so every call returns the
same photos. Like photos of phones and of the web they use chroma subsampling 4:2:0. Until
2026-11-26 they used 4:4:4, which is rare and slower to decode; later lines of bench-history.jsonl
therefore have `photos: chroma`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from glasses.errors import UsageError
from glasses.sources.walk import walk
from worker.vision.decode import decode
from worker.vision.detect import HogDetector
from worker.vision.photo import DecodedPhoto, Pixels

DEMO = Path(__file__).parents[2] / "demo" / "photos"
PORTRAITS = ("hopper.jpg", "giunchedi.jpg", "van-rossum.jpg", "collins.jpg")
PORTRAIT_PIXELS = 500_000
PHONE = (4000, 3000)
GROUP = (1280, 853)
ROWS, COLUMNS = 3, 4
FACE = 60
"""Approximate size of a face in a group, in px."""
GRAIN = 3
"""Noise per pixel and channel is uniform from 0 to 2 * GRAIN - 1, of 255."""
QUALITY = 88
FINE_QUALITY = 95
CHROMA = "420"
EVERYDAY = ("mtfl", "lfw", "celeba_wild", "fairface_60plus")
"""Datasets with whole photos of one or more people."""


def portraits(count: int) -> Iterator[bytes]:
    """Yield portraits of one person, half a megapixel each."""
    rng = np.random.default_rng(1)
    for number in range(count):
        pixels = _variant(number, rng)
        scale = (PORTRAIT_PIXELS / (pixels.shape[0] * pixels.shape[1])) ** 0.5
        yield _jpeg(_scaled(pixels, scale), rng)


def phone(count: int, quality: int = QUALITY) -> Iterator[bytes]:
    """Yield photos of 12 megapixels, one person on a blurred background; about 1 MB each."""
    rng = np.random.default_rng(2)
    width, height = PHONE
    for number in range(count):
        pixels = _variant(number, rng)
        photo = cv2.resize(cv2.resize(pixels, (8, 6), interpolation=cv2.INTER_AREA), PHONE)
        person = _scaled(pixels, height / pixels.shape[0])[:, :width]
        left = int(rng.integers(0, width - person.shape[1] + 1))
        photo[: person.shape[0], left : left + person.shape[1]] = person[:height]
        yield _jpeg(np.asarray(photo, dtype=np.uint8), rng, quality)


def phone_fine(count: int) -> Iterator[bytes]:
    """Yield the photos of `phone` with higher JPEG quality; about 2 MB each."""
    return phone(count, FINE_QUALITY)


def groups(count: int) -> Iterator[bytes]:
    """Yield photos 1280 px wide with twelve people in three rows; faces have 50 to 80 px."""
    rng = np.random.default_rng(3)
    width, height = GROUP
    for _ in range(count):
        photo = np.full((height, width, 3), rng.integers(60, 200, 3), dtype=np.uint8)
        for place in range(ROWS * COLUMNS):
            number = int(rng.integers(len(PORTRAITS)))
            pixels = _variant(number, rng)
            small = _scaled(pixels, FACE * rng.uniform(0.85, 1.3) / _face_width(number))
            small = small[: height // ROWS, : width // COLUMNS]
            top, left = place // COLUMNS * (height // ROWS), place % COLUMNS * (width // COLUMNS)
            photo[top : top + small.shape[0], left : left + small.shape[1]] = small
        yield _jpeg(photo, rng)


PHOTO_SETS = {"portraits": portraits, "phone": phone, "phone, fine": phone_fine, "groups": groups}


def everyday(data: Path, face_free: Path, count: int) -> list[bytes]:
    """Return photos as they come: four in five of people, the others without a face.

    Args:
        data: Folder of the labelled datasets.
        face_free: Folder of photos without faces.
        count: Number of photos.

    Raises:
        UsageError: A folder has too few photos.
    """
    share = count // (len(EVERYDAY) + 1)
    folders = []
    for folder in (*(data / name for name in EVERYDAY), face_free):
        paths = [source.path for source in walk([str(folder)], include=["*.jpg", "*.png"])]
        if len(paths) < share:
            raise UsageError(f"{folder} has {len(paths)} photos; {share} are needed")
        folders.append([path.read_bytes() for path in paths[:: len(paths) // share][:share]])
    return [photo for group in zip(*folders, strict=True) for photo in group]


@cache
def _original(number: int) -> Pixels:
    return decode((DEMO / PORTRAITS[number % len(PORTRAITS)]).read_bytes()).pixels


@cache
def _face_width(number: int) -> float:
    """Return the width in px of the face in an original."""
    return HogDetector()(DecodedPhoto.of(_original(number)))[0].width


def _variant(number: int, rng: np.random.Generator) -> Pixels:
    """Return a portrait with a random crop, flip and brightness."""
    pixels = _original(number % len(PORTRAITS))
    top, bottom, left, right = (int(rng.integers(0, 1 + side // 25)) for side in _sides(pixels))
    pixels = pixels[top : pixels.shape[0] - bottom, left : pixels.shape[1] - right]
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
    return np.asarray(
        cv2.convertScaleAbs(np.ascontiguousarray(pixels), alpha=rng.uniform(0.85, 1.1)),
        dtype=np.uint8,
    )


def _sides(pixels: Pixels) -> tuple[int, int, int, int]:
    height, width = pixels.shape[:2]
    return height, height, width, width


def _scaled(pixels: Pixels, scale: float) -> Pixels:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=method), np.uint8)


def _jpeg(pixels: Pixels, rng: np.random.Generator, quality: int = QUALITY) -> bytes:
    grain = rng.integers(0, 2 * GRAIN, pixels.shape, dtype=np.uint8)
    noisy = np.ascontiguousarray(cv2.add(pixels, grain))
    return bytes(simplejpeg.encode_jpeg(noisy, quality, colorsubsampling=CHROMA))

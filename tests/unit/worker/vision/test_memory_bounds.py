"""Photos too expensive to decode are rejected by their header with a reason."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from glasses.protocol.statuses import FailureReason
from tests.support.hostile_photos import many_scans
from tests.support.raw_photos import RAW_PHOTOS, Shot
from worker.vision import decode as decoding
from worker.vision import memory_bounds
from worker.vision.decode import decode
from worker.vision.errors import PhotoError
from worker.vision.pipeline import Pipeline


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def webp(size: tuple[int, int], **options: Any) -> bytes:
    image = Image.new("RGB", size)
    image.putpixel((0, 0), (250, 1, 2))
    return encoded(image, "WEBP", **options)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes that decoders were found to need, in order."""
    sizes: list[int] = []
    monkeypatch.setattr(memory_bounds, "_check_memory", sizes.append)
    return sizes


def reason(data: bytes) -> FailureReason:
    with pytest.raises(PhotoError) as failed:
        _ = decode(data).pixels
    return failed.value.reason


@pytest.mark.parametrize(
    "options",
    [{}, {"lossless": True}, {"save_all": True, "append_images": [Image.new("RGB", (300, 200))]}],
)
def test_a_webp_is_checked_before_its_decoder_starts(
    options: dict[str, Any], asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise OSError

    monkeypatch.setattr(Image, "open", refuse)
    assert reason(webp((300, 200), **options)) is FailureReason.CORRUPT
    assert asked == [16 * 300 * 200]


def test_a_webp_with_too_many_pixels_is_rejected_by_its_header() -> None:
    claims = b"RIFF\x92\x02\0\0WEBPVP8X" + b"\0" * 8 + b"\xff\xff\0\xff\xff\0"
    assert reason(claims) is FailureReason.TOO_MANY_PIXELS


def test_a_webp_with_a_truncated_header_is_corrupt() -> None:
    assert reason(webp((3, 2))[:14]) is FailureReason.CORRUPT


def test_a_photo_over_the_memory_limit_is_not_reported_as_corrupt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: int) -> None:
        raise MemoryError

    monkeypatch.setattr(memory_bounds, "_check_memory", refuse)
    photos = [
        encoded(Image.new("RGB", (30, 20)), format_)
        for format_ in ("PNG", "WEBP", "TIFF", "AVIF", "JPEG2000")
    ]
    for photo in [*photos, RAW_PHOTOS["cr3"](Shot(encoded(Image.new("L", (800, 9)), "JPEG")))]:
        with pytest.raises(MemoryError):
            decode(photo)


def test_an_out_of_memory_jpeg_decoder_is_reported_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("Insufficient memory (case 4)")

    monkeypatch.setattr(decoding.simplejpeg, "decode_jpeg", fail)
    with pytest.raises(MemoryError):
        _ = decode(encoded(Image.new("RGB", (30, 20)), "JPEG")).pixels


def test_a_jpeg_with_too_many_scans_is_rejected(demo_photos: Path) -> None:
    assert reason(many_scans(8, 20_000)) is FailureReason.TOO_COMPLEX
    progressive = encoded(Image.open(demo_photos / "hopper.jpg"), "JPEG", progressive=True)
    assert decode(progressive).pixels.any()


def test_scans_of_a_thumbnail_and_of_what_follows_the_photo_do_not_count(
    asked: list[int],
) -> None:
    scans = b"\xff\xda\0\x08\1\1\0\0\0\0" * 200
    plain = encoded(Image.new("RGB", (64, 48)), "JPEG", comment=scans)
    progressive = encoded(Image.new("RGB", (64, 48)), "JPEG", comment=scans, progressive=True)
    assert decode(plain + scans).pixels.shape == (48, 64, 3)
    assert decode(progressive + scans).pixels.shape == (48, 64, 3)
    assert asked == [64 * 48, 7 * 64 * 48], "a progressive JPEG is kept whole"


SHOWS_PEAK = """
import sys
from pathlib import Path
from worker.vision.decode import decode
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
data, before = Path(sys.argv[1]).read_bytes(), peak()
decode(data).pixels
print(peak() - before)
"""
SIDE = 3000
MARGIN = 2**25
"""For what does not grow with the photo, such as the band that is being converted."""


def deep(kind: type[np.generic]) -> Image.Image:
    return Image.fromarray(np.full((SIDE, SIDE), 99, kind))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("format_", "image", "options"),
    [
        ("PNG", Image.new("RGBA", (SIDE, SIDE)), {}),
        ("PNG", Image.new("L", (SIDE, SIDE)), {}),
        ("PNG", deep(np.uint16), {}),
        ("TIFF", Image.new("RGB", (SIDE, SIDE)), {"compression": "jpeg", "tiffinfo": {278: SIDE}}),
        ("TIFF", deep(np.float32), {"compression": "tiff_lzw"}),
        ("GIF", Image.new("L", (SIDE, SIDE)), {}),
        ("WEBP", Image.new("RGBA", (SIDE, SIDE), (1, 2, 3, 4)), {"method": 0}),
        ("AVIF", Image.new("RGBA", (SIDE, SIDE), (1, 2, 3, 4)), {"speed": 10}),
        ("JPEG2000", Image.new("RGB", (SIDE, SIDE)), {}),
        ("JPEG", Image.new("RGB", (SIDE, SIDE)), {"progressive": True, "subsampling": 0}),
        ("JPEG", Image.new("CMYK", (SIDE, SIDE)), {}),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "mode", None),
)
def test_decoding_needs_no_more_memory_than_estimated(
    format_: str, image: Image.Image, options: dict[str, Any], asked: list[int], tmp_path: Path
) -> None:
    data = encoded(image, format_, **options)
    decode(data)
    (tmp_path / "photo").write_bytes(data)
    command = [sys.executable, "-c", SHOWS_PEAK, str(tmp_path / "photo")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(shown) < asked[-1] + MARGIN


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_preview_of_a_raw_photo_needs_no_more_memory_than_estimated(
    asked: list[int], tmp_path: Path
) -> None:
    preview = encoded(Image.new("RGB", (SIDE, SIDE)), "JPEG") + bytes(60 << 20)
    data = RAW_PHOTOS["nef"](Shot(preview))
    decode(data)
    assert asked == [3 * len(data), SIDE * SIDE]
    (tmp_path / "photo").write_bytes(data)
    command = [sys.executable, "-c", SHOWS_PEAK, str(tmp_path / "photo")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(shown) < sum(asked) + MARGIN


class Greedy:
    side = 320
    version = "greedy"

    def __call__(self, _: object) -> Any:
        raise MemoryError


def test_the_pipeline_fails_the_photo_unless_the_caller_handles_it(demo_photos: Path) -> None:
    from worker.vision import model_store
    from worker.vision.classify import OnnxClassifier

    data = (demo_photos / "hopper.jpg").read_bytes()
    classifier = OnnxClassifier(model_store.load("default"))
    alone = Pipeline(Greedy(), classifier)
    assert alone(data).reason is FailureReason.OUT_OF_MEMORY
    among_others = Pipeline(Greedy(), classifier, interrupts=(MemoryError,))
    with pytest.raises(MemoryError):
        among_others(data)

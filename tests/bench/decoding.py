"""Measure JPEG decoding at each scale of n/8: `python -m tests.bench.decoding [PHOTO…]`.

libjpeg-turbo has fast code for the scales 1, 1/2, 1/4 and 1/8 only. Without an argument, one photo
of each generated photo set is measured.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import simplejpeg

from tests.bench import photo_sets

ROUNDS = 7


def main() -> None:
    """Measure and print one line per photo."""
    paths = [Path(name) for name in sys.argv[1:]]
    photos = {path.name: path.read_bytes() for path in paths} or {
        name: next(generate(1)) for name, generate in photo_sets.PHOTO_SETS.items()
    }
    for name, data in photos.items():
        figures = "  ".join(f"{part}/8 {decode_ms(data, part):.2f}" for part in range(1, 9))
        sys.stdout.write(f"{name} ({len(data)} bytes), ms: {figures}\n")


def decode_ms(data: bytes, eighths: int) -> float:
    """Return the CPU ms of decoding at a scale of `eighths` / 8, the fastest of several rounds."""
    height, width, *_ = simplejpeg.decode_jpeg_header(data)
    least = {"min_width": width * eighths // 8, "min_height": height * eighths // 8}
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        simplejpeg.decode_jpeg(data, colorspace="RGB", **least)
        times.append(time.process_time() - start)
    return 1000 * min(times)


if __name__ == "__main__":
    main()

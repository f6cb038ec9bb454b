"""`python -m tests.bench.decoding [PHOTO…]`: what each eighth of a JPEG's size costs to decode.

libjpeg-turbo has fast code for the whole, the half, the quarter and the eighth only. Without a
photo, one of each drawn pile is measured.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import simplejpeg

from tests.bench import piles

ROUNDS = 7


def main() -> None:
    """Measure and print a line a photo."""
    paths = [Path(name) for name in sys.argv[1:]]
    photos = {path.name: path.read_bytes() for path in paths} or {
        name: next(drawn(1)) for name, drawn in piles.PILES.items()
    }
    for name, data in photos.items():
        figures = "  ".join(f"{part}/8 {decoded(data, part):.2f}" for part in range(1, 9))
        sys.stdout.write(f"{name} ({len(data)} bytes), ms: {figures}\n")


def decoded(data: bytes, eighths: int) -> float:
    """CPU milliseconds that one decoding takes, the fastest of some."""
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

"""`python -m tests.chaos.fuzz`: mutated photos through the whole pipeline, in a bounded process.

A file that ends the process, or keeps it for too long, is a finding: it is kept. Nothing else can
happen but a named outcome.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from select import select
from typing import IO, Any

from PIL import Image

from tests.support.raw_photos import RAW_PHOTOS, Shot
from worker.vision.raw import MIN_SIDE

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
_SIDE = 200
_FORMATS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 80}, "PNG": {}, "WEBP": {}, "GIF": {}, "AVIF": {}, "TIFF": {}, "BMP": {},
    "JPEG2000": {},
}  # fmt: skip


def seeds() -> dict[str, bytes]:
    """Return one small photo per accepted format."""
    found = {}
    with Image.open(ROOT / "demo" / "photos" / "hopper.jpg") as opened:
        opened.thumbnail((_SIDE, _SIDE))
        photo = opened.convert("RGB")
    for format_, options in _FORMATS.items():
        buffer = io.BytesIO()
        photo.save(buffer, format_, **options)
        found[format_] = buffer.getvalue()
    preview = io.BytesIO()
    photo.resize((MIN_SIDE, MIN_SIDE * photo.height // photo.width)).save(preview, "JPEG")
    for suffix, raw_photo in RAW_PHOTOS.items():
        found[suffix] = raw_photo(Shot(preview.getvalue(), 6))
    for path in sorted((ROOT / "tests" / "fixtures" / "heic").glob("*.hei*")):
        found[path.name] = path.read_bytes()
    return found


def mutate(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Apply one to eight mutations: bytes, numbers, cuts, copies, pieces of another photo."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        # Half of all changes hit the first kilobyte: headers decide most.
        end = len(changed) if chance.random() < 0.5 else min(len(changed), 1024)
        at = chance.randrange(max(1, end))
        size = chance.choice([1, 2, 4, 16, 256])
        kind = chance.randrange(6)
        if kind == 0:
            changed[at : at + size] = chance.randbytes(size)
        elif kind == 1:
            changed[at : at + 4] = struct.pack(">I", chance.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF]))
        elif kind == 2:
            del changed[at : at + size]
        elif kind == 3:
            changed[at:at] = changed[at : at + size]
        elif kind == 4:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            changed[at : at + size] = other[start : start + size]
        else:
            del changed[max(at, 16) :]
    return bytes(changed)


def serve() -> None:
    """Serve in the bounded process: read a length and a file, write an outcome."""
    from worker.processes.limits import MAX_MB, limit_memory
    from worker.vision.pipeline import Pipeline

    limit_memory(MAX_MB)
    pipeline = Pipeline.load("default")
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(4):
        outcome = pipeline(source.read(struct.unpack(">I", head)[0]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        sink.write(f"{outcome.reason or outcome.status} {peak}\n".encode())
        sink.flush()


class Bounded:
    """A serving process that is replaced when it exits."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.peak = 0

    def outcome(self, data: bytes) -> str:
        """Return the outcome of a file; `CRASH` or `HANG` without one."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.chaos.fuzz", "--serve"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        process = self._process
        try:
            _pipe(process.stdin).write(struct.pack(">I", len(data)) + data)
            _pipe(process.stdin).flush()
        except BrokenPipeError:
            return self._ended("CRASH")
        ready, _, _ = select([process.stdout], [], [], SECONDS)
        if not ready:
            return self._ended("HANG")
        line = _pipe(process.stdout).readline().decode()
        if not line:
            return self._ended("CRASH")
        reason, peak = line.split()
        self.peak = max(self.peak, int(peak))
        return reason

    def _ended(self, how: str) -> str:
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None
        return how


def campaign(seed: int, files: int) -> Iterator[tuple[str, bytes]]:
    """Yield the format and the bytes of `count` mutated files."""
    chance = random.Random(seed)
    found = seeds()
    names = list(found)
    for number in range(files):
        name = names[number % len(names)]
        yield name, mutate(found[name], list(found.values()), chance)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    kept = Path(tempfile.mkdtemp(prefix="fuzz-"))
    started = time.monotonic()
    bounded = Bounded()
    counts: Counter[str] = Counter()
    findings: Counter[str] = Counter()
    for number, (name, data) in enumerate(campaign(options.seed, options.files)):
        outcome = bounded.outcome(data)
        counts[outcome] += 1
        if outcome in {"CRASH", "HANG", "pipeline_error"}:
            findings[f"{outcome} {name}"] += 1
            (kept / f"{number}-{outcome}-{name}").write_bytes(data)
    report = {
        "seed": options.seed, "files": options.files, "outcomes": counts, "findings": findings,
        "peak_mb": bounded.peak, "seconds": round(time.monotonic() - started), "kept": str(kept),
    }  # fmt: skip
    sys.stdout.write(json.dumps(report) + "\n")
    sys.exit(1 if findings else 0)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


if __name__ == "__main__":
    os.chdir(ROOT)
    main()

"""`python -m tests.bench [FOLDER…]`: speed, memory, overhead and quality, in one table.

One core: photos a second of the whole pipeline and milliseconds a stage, on piles that are drawn
from the demo photos and on any folder, beside the reference (dlib at full size, then enlarged, one
photo at a time, the float network). All cores: the local stack beside the bare pipeline, memory,
CPU. With `--data`: verdicts on labelled photos. Times are of this machine and this moment: compare
figures of one run. `--record` appends them to `docs/bench-history.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import cv2

from glasses.client import Client
from glasses.settings import load_settings
from glasses.walk import walk
from infra.local.servers import servers
from tests.bench import ledger, object_store, piles, speed, stack, table

FP32 = Path("runs/training/quantize/fp32.onnx")
"""Where `make model` leaves the float network."""
NO_DATA = "--data"
"""Stands where figures need labelled photos, which cannot be passed on."""
STACK = 4000
"""Photos for the whole stack: starting and ending take half a second, whatever their number."""


def main() -> None:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="measured beside the drawn piles")
    parser.add_argument("--quick", action="store_true", help="fewer photos: under two minutes")
    parser.add_argument("--limit", type=int, default=64, help="photos of a folder (default: 64)")
    parser.add_argument("--data", type=Path, help="folder of labelled datasets: adds verdicts")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"), help="of training")
    parser.add_argument("--fp32", type=Path, default=FP32, help="float network of the reference")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="written")
    parser.add_argument("--record", action="store_true", help=f"append to {table.HISTORY.name}")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    figures = measure(options)
    sys.stdout.write(table.table(figures))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n")
    if options.record:
        table.record(figures)


def measure(options: argparse.Namespace) -> dict[str, float | str]:
    """Everything, as `part: figure` -> value."""
    fp32 = options.fp32 if options.fp32.is_file() else None
    ours, theirs = speed.serving(), speed.reference(fp32)
    count, rounds = (8, 3) if options.quick else (32, 7)
    figures: dict[str, float | str] = {
        "reference: network": "fp32" if fp32 else "int8 (no --fp32)",
        "photos: chroma": piles.CHROMA,
    }
    for name, drawn in piles.PILES.items():
        _say(name)
        figures |= _named(name, speed.measure(list(drawn(count)), ours, theirs, rounds))
    for folder in options.folders:
        _say(str(folder))
        paths = islice(walk([str(folder)]), options.limit)
        photos = [source.path.read_bytes() for source in paths]
        figures |= _named(str(folder), speed.measure(photos, ours, theirs, rounds))
    figures["classify: faces/s"] = speed.Stages().faces_a_second(
        next(piles.portraits(1)), 4 * rounds
    )
    with tempfile.TemporaryDirectory() as folder:
        _say("stack")
        paths = _written(Path(folder), 512 if options.quick else STACK)
        figures |= _named(
            "stack", stack.measure(paths, rounds=2 if options.quick else stack.ROUNDS)
        )
    figures |= _named("server steps", _steps())
    return figures | _verdicts(options)


def _verdicts(options: argparse.Namespace) -> dict[str, float | str]:
    if options.data is None:
        return {"verdicts: F1": NO_DATA, "verdicts: photos with a face found": NO_DATA}
    from tests.bench.verdicts import verdicts, whole_photos

    fp32 = options.fp32 if options.fp32.is_file() else None
    photos = whole_photos(options.data, options.runs, 12 if options.quick else 100)
    figures: dict[str, float | str] = {}
    for pipeline, suffix in ((speed.serving(), ""), (speed.reference(fp32), table.REFERENCE)):
        _say("verdicts" + suffix)
        every = verdicts(pipeline, photos)["all"]
        figures["verdicts: photos" + suffix] = every["photos"]
        figures["verdicts: F1" + suffix] = every["f1"]
        found = 1 - every["no_face"] / every["photos"]
        figures["verdicts: photos with a face found" + suffix] = found
    return figures


def _steps() -> dict[str, float]:
    """What a photo costs beside the pipeline: fetching it, and its share of a record."""
    size = load_settings().chunk_size
    data = os.urandom(object_store.SIZE)
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as endpoints:
        settings = load_settings(**endpoints)
        with Client(settings) as client:
            recorded = ledger.measure(client, size)["record"] / size
            client.store.put("bench", data)
            threads = settings.fetch_threads
            _, fetched = object_store.measure(threads, lambda _: client.store.get("bench"))
    return {"fetch CPU ms": fetched, "record ms": recorded}


def _written(folder: Path, count: int) -> list[Path]:
    paths = []
    for number, data in enumerate(piles.portraits(count)):
        paths.append(folder / f"{number:05}.jpg")
        paths[-1].write_bytes(data)
    return paths


def _named(part: str, figures: Mapping[str, float | str]) -> dict[str, float | str]:
    return {f"{part}: {name}": value for name, value in figures.items()}


def _say(text: str) -> None:
    sys.stderr.write(f"{text} …\n")


if __name__ == "__main__":
    main()

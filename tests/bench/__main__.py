"""Measure speed, memory, overhead and accuracy, and print one table.

One core: photos/s of the whole pipeline and ms per stage, on photo sets generated from the demo
photos and on any folder. The baseline is the method of 2020: dlib at full size, then enlarged, one
photo at a time, with the float network. All cores: the local stack against the bare pipeline,
memory and CPU. With `--data`: verdicts on labelled photos; with `--face-free` also everyday photos.
Times depend on the machine and its load, so compare figures of one run only. `--record` appends the
figures to `docs/bench-history.jsonl`.
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
from glasses.config.settings import load_settings
from glasses.sources.walk import walk
from infra.local.servers import servers
from tests.bench import ledger, object_store, photo_sets, speed, stack, table

FP32 = Path("runs/training/quantize/fp32.onnx")
"""The float network, as written by `make model`."""
NO_DATA = "--data"
"""Printed for figures that need labelled photos, which may not be redistributed."""
STACK_PHOTOS = 4000
"""Photos for the whole stack. Many, since start and end of a job take half a second."""


def main() -> None:
    """Measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "folders", nargs="*", type=Path, help="folders of photos to measure as well"
    )
    parser.add_argument("--quick", action="store_true", help="use fewer photos: under two minutes")
    parser.add_argument("--limit", type=int, default=64, help="photos per folder (default: 64)")
    parser.add_argument(
        "--data", type=Path, help="folder of labelled datasets, to measure verdicts"
    )
    parser.add_argument(
        "--face-free", type=Path, help="folder of photos without faces, for everyday photos"
    )
    parser.add_argument(
        "--runs", type=Path, default=Path("runs/training"), help="runs folder of training"
    )
    parser.add_argument("--fp32", type=Path, default=FP32, help="float network of the baseline")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="output file")
    parser.add_argument(
        "--record", action="store_true", help=f"append the figures to {table.HISTORY.name}"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    figures = measure(options)
    sys.stdout.write(table.table(figures))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n")
    if options.record:
        table.record(figures)


def measure(options: argparse.Namespace) -> dict[str, float | str]:
    """Measure everything.

    Returns:
        Values by name, such as `phone: photos/s`.
    """
    fp32 = options.fp32 if options.fp32.is_file() else None
    ours, baseline = speed.serving(), speed.baseline_pipeline(fp32)
    count, rounds = (8, 3) if options.quick else (32, 7)
    figures: dict[str, float | str] = {
        "reference: network": "fp32" if fp32 else "int8 (no --fp32)",
        "photos: chroma": photo_sets.CHROMA,
    }
    for name, generate in photo_sets.PHOTO_SETS.items():
        _log(name)
        figures |= _prefixed(name, speed.measure(list(generate(count)), ours, baseline, rounds))
    if options.data and options.face_free:
        _log("everyday")
        photos = photo_sets.everyday(options.data, options.face_free, 10 * count)
        figures |= _prefixed("everyday", speed.measure(photos, ours, baseline, rounds))
    for folder in options.folders:
        _log(str(folder))
        paths = islice(walk([str(folder)]), options.limit)
        photos = [source.path.read_bytes() for source in paths]
        figures |= _prefixed(str(folder), speed.measure(photos, ours, baseline, rounds))
    figures["classify: faces/s"] = speed.Stages().faces_per_second(
        next(photo_sets.portraits(1)), 4 * rounds
    )
    with tempfile.TemporaryDirectory() as folder:
        _log("stack")
        paths = _write_portraits(Path(folder), 512 if options.quick else STACK_PHOTOS)
        figures |= _prefixed(
            "stack", stack.measure(paths, rounds=2 if options.quick else stack.ROUNDS)
        )
    figures |= _prefixed("server steps", _server_steps())
    return figures | _verdicts(options)


def _verdicts(options: argparse.Namespace) -> dict[str, float | str]:
    if options.data is None:
        return {"verdicts: F1": NO_DATA, "verdicts: photos with a face found": NO_DATA}
    from tests.bench.verdicts import photos_of_test_split, verdicts
    from training.common.workspace import Workspace

    fp32 = options.fp32 if options.fp32.is_file() else None
    work = Workspace(options.data, options.runs)
    photos = photos_of_test_split(work, 12 if options.quick else 100)
    figures: dict[str, float | str] = {}
    for pipeline, suffix in (
        (speed.serving(), ""),
        (speed.baseline_pipeline(fp32), table.BASELINE),
    ):
        _log("verdicts" + suffix)
        total = verdicts(pipeline, photos)["all"]
        figures["verdicts: photos" + suffix] = total["photos"]
        figures["verdicts: F1" + suffix] = total["f1"]
        found = 1 - total["no_face"] / total["photos"]
        figures["verdicts: photos with a face found" + suffix] = found
    return figures


def _server_steps() -> dict[str, float]:
    """Measure the costs per photo outside the pipeline: fetching it, and its share of a record."""
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


def _write_portraits(folder: Path, count: int) -> list[Path]:
    paths = []
    for number, data in enumerate(photo_sets.portraits(count)):
        paths.append(folder / f"{number:05}.jpg")
        paths[-1].write_bytes(data)
    return paths


def _prefixed(part: str, figures: Mapping[str, float | str]) -> dict[str, float | str]:
    return {f"{part}: {name}": value for name, value in figures.items()}


def _log(text: str) -> None:
    sys.stderr.write(f"{text} …\n")


if __name__ == "__main__":
    main()

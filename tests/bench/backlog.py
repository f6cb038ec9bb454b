"""Measure the costs of a backlog of photos by its size: `python -m tests.bench.backlog`.

Each size runs on new servers. `glasses submit FOLDER` queues that many small photos while no worker
runs. Then stand-in workers (`tests.bench.standin`) classify `--drain` of them as fast as they can.
Polls are timed before and after, when nothing else runs. These must not grow with the number of
photos: memory of the submitter, time per poll, bytes and requests per photo.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

from glasses.client import Client, Job
from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.bench import standin, table
from tests.bench.gauges import Gauges, gauged, milliseconds, records
from tests.bench.resident import peak_bytes
from tests.bench.small_photos import small_photos
from tests.support.workers import Worker

SIZES = (1_000, 10_000, 100_000)
POLLS = 2000
MIB = 2**20
Figures = dict[str, float]


def main() -> None:
    """Measure each size and print a table after each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backlog", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help=f"default: {SIZES}")
    parser.add_argument("--drain", type=int, help="photos to classify (default: all)")
    parser.add_argument("--ms", type=float, default=0, help="ms per photo (default: 0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--flat", action="store_true", help="all photos in one folder")
    parser.add_argument(
        "--without-bytes", action="store_true", help="neither upload nor fetch the photos"
    )
    parser.add_argument("--json", type=Path, default=Path("build/backlog.json"), help="output file")
    options = parser.parse_args()
    found = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            found[f"{size:,}"] = measure(Path(folder), size, options)
            # Written before the folder is removed, which may take longer than queueing its photos.
            table.write(options.json, found)
            sys.stdout.write(columns(found))
            sys.stdout.flush()


def measure(folder: Path, size: int, options: argparse.Namespace) -> Figures:
    """Measure one size on new servers."""
    _log(f"{size:,} photos: generating")
    small_photos(folder / "photos", size, options.flat)
    with gauged(folder / "servers") as gauges, Client(gauges.settings) as client:
        empty, _ = gauges.redis_bytes(client)
        requests_before = gauges.s3_requests()
        _log("submitting")
        job, figures = submit(client, folder / "photos", options.without_bytes)
        queued, _ = gauges.redis_bytes(client)
        requests = gauges.s3_requests()
        figures["Redis, bytes per photo queued"] = (queued - empty) / size
        figures["S3 requests per photo, submitting"] = (requests - requests_before) / size
        figures |= {f"{name}, queued": ms for name, ms in polls(job).items()}
        target = min(options.drain or size, size)
        _log(f"draining {target:,}")
        figures |= drain(gauges, client, job, target, options)
        classified = size - job.status().pending
        figures["S3 requests per photo, working"] = (gauges.s3_requests() - requests) / classified
        used, peak = gauges.redis_bytes(client)
        figures["Redis, bytes per photo drained"] = (used - empty) / size
        figures["Redis, MiB drained"] = used / MIB
        figures["Redis, MiB at the peak"] = peak / MIB
        return figures | {f"{name}, drained": ms for name, ms in polls(job).items()}


def submit(client: Client, photos: Path, without_bytes: bool) -> tuple[Job, Figures]:
    """Submit a folder with the `glasses` command and watch its memory and CPU.

    Raises:
        RuntimeError: The command failed.
    """
    module = "tests.bench.without_bytes" if without_bytes else "producer"
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, "submit", "--detach", str(photos)],
        env=os.environ | environment(client.settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    peak, used = 0.0, 0.0
    while process.poll() is None:
        peak = max(peak, peak_bytes(process.pid))
        used = _cpu_seconds(process.pid) or used
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"glasses submit failed: exit code {process.returncode}")
    assert process.stdout
    job = client.job(process.stdout.read().strip())
    size = job.status().submitted
    return job, {
        "photos": size,
        "submitter, MiB at the peak": peak / MIB,
        "submitting, photos/s": size / seconds,
        "submitter, CPU ms per photo": 1000 * used / size,
    }


def polls(job: Job) -> Figures:
    """Return the median ms of a poll by `watch`, which repeats it often, and of one by `status`."""

    def status() -> None:
        found = job.status()
        job.stall_reason(found)
        job.forecast(found)

    return {
        "ms per poll by watch": median(milliseconds(job.status, POLLS)),
        "ms per poll by status": median(milliseconds(status, POLLS)),
    }


def drain(
    gauges: Gauges, client: Client, job: Job, target: int, options: argparse.Namespace
) -> Figures:
    """Run stand-in workers until `target` photos are classified, then stop them."""
    settings: Settings = gauges.settings
    variables = standin.environment(options.ms, without_bytes=options.without_bytes)
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(
            settings,
            Path(folder) / "worker.log",
            options.processes,
            environment_=variables,
            module="tests.bench.standin",
        )
        try:
            status = job.status()
            while status.submitted - status.pending < target:
                if worker.process.poll() is not None:
                    raise RuntimeError(worker.log.read_text())
                time.sleep(0.5)
                status = job.status()
        finally:
            worker.stop()
    steps = records(client, job.id)
    classified = sum(photos for _, photos in steps[1:])
    return {"draining, photos/s": classified / max(steps[-1][0] - steps[0][0], 1e-9)}


def columns(found: dict[str, Figures]) -> str:
    """Return a table with one row per figure and one column per size."""
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    lines = [f"{'':<38}" + "".join(f"{size:>12}" for size in found)]
    for name in names[1:]:
        values = "".join(f"{_text(figures.get(name)):>12}" for figures in found.values())
        lines.append(f"{name:<38}{values}")
    return "\n".join(lines) + "\n"


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.4g}"


def _cpu_seconds(pid: int) -> float:
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0
    return float(used.user + used.system)


def _log(text: str) -> None:
    sys.stderr.write(f"{text} …\n")


if __name__ == "__main__":
    main()

"""`python -m tests.bench.backlog`: what a backlog of photos costs, by its size.

Each size has servers of its own. `glasses submit FOLDER` queues that many small photos while no
worker runs; then workers of the stand-in (`tests.bench.standin`) give `--drain` of them verdicts,
as fast as they can. Polls are timed when nothing else runs, before and after. What has to be flat
in the number of photos: the submitter's memory, a poll's time, bytes and requests a photo.
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
from glasses.settings import Settings
from infra.local.workers import environment
from tests.bench import standin, table
from tests.bench.gauges import Gauges, gauged, milliseconds, records
from tests.bench.small_photos import small_photos
from tests.support.workers import Worker

SIZES = (1_000, 10_000, 100_000)
POLLS = 2000
MIB = 2**20
Figures = dict[str, float]


def main() -> None:
    """Measure each size, print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backlog", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help=f"default: {SIZES}")
    parser.add_argument("--drain", type=int, help="photos that get verdicts (default: all)")
    parser.add_argument("--ms", type=float, default=0, help="time of a photo (default: 0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--flat", action="store_true", help="all photos in one folder")
    parser.add_argument(
        "--without-bytes", action="store_true", help="photos are neither sent nor fetched"
    )
    parser.add_argument("--json", type=Path, default=Path("build/backlog.json"), help="written")
    options = parser.parse_args()
    found = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            found[f"{size:,}"] = measure(Path(folder), size, options)
            # Before the folder goes: a million files may take longer to remove than to queue.
            table.write(options.json, found)
            sys.stdout.write(columns(found))
            sys.stdout.flush()


def measure(folder: Path, size: int, options: argparse.Namespace) -> Figures:
    """One size, on new servers."""
    _say(f"{size:,} photos: making them")
    small_photos(folder / "photos", size, options.flat)
    with gauged(folder / "servers") as gauges, Client(gauges.settings) as client:
        empty, _ = gauges.redis_bytes(client)
        asked = gauges.s3_requests()
        _say("submitting")
        job, figures = submit(client, folder / "photos", options.without_bytes)
        queued, _ = gauges.redis_bytes(client)
        requests = gauges.s3_requests()
        figures["Redis, bytes a photo queued"] = (queued - empty) / size
        figures["S3 requests a photo, submitting"] = (requests - asked) / size
        figures |= {f"{name}, queued": ms for name, ms in polls(job).items()}
        target = min(options.drain or size, size)
        _say(f"draining {target:,}")
        figures |= drain(gauges, client, job, target, options)
        judged = size - job.status().pending
        figures["S3 requests a photo, working"] = (gauges.s3_requests() - requests) / judged
        used, peak = gauges.redis_bytes(client)
        figures["Redis, bytes a photo drained"] = (used - empty) / size
        figures["Redis, MiB drained"] = used / MIB
        figures["Redis, MiB at the peak"] = peak / MIB
        return figures | {f"{name}, drained": ms for name, ms in polls(job).items()}


def submit(client: Client, photos: Path, without_bytes: bool) -> tuple[Job, Figures]:
    """As a user does, in a process of its own whose memory is watched.

    Raises:
        RuntimeError: It failed.
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
        peak = max(peak, _high_water(process.pid))
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
        "submitter, MiB at its peak": peak / MIB,
        "submitting, photos/s": size / seconds,
        "submitter, CPU ms a photo": 1000 * used / size,
    }


def polls(job: Job) -> Figures:
    """Median ms of what `watch` asks several times a second, and of what `status` asks."""

    def status() -> None:
        found = job.status()
        job.blockage(found)
        job.forecast(found)

    return {
        "ms of a poll by watch": median(milliseconds(job.status, POLLS)),
        "ms of a poll by status": median(milliseconds(status, POLLS)),
    }


def drain(
    gauges: Gauges, client: Client, job: Job, target: int, options: argparse.Namespace
) -> Figures:
    """Have the stand-in give so many photos their verdicts, and see it off."""
    settings: Settings = gauges.settings
    changes = standin.environment(options.ms, without_bytes=options.without_bytes)
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(
            settings,
            Path(folder) / "worker.log",
            options.processes,
            environment_=changes,
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
    judged = sum(photos for _, photos in steps[1:])
    return {"draining, photos/s": judged / max(steps[-1][0] - steps[0][0], 1e-9)}


def columns(found: dict[str, Figures]) -> str:
    """A line a figure, a column a size."""
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


def _high_water(pid: int) -> float:
    """Bytes resident at most so far; 0 when the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _cpu_seconds(pid: int) -> float:
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0
    return float(used.user + used.system)


def _say(text: str) -> None:
    sys.stderr.write(f"{text} …\n")


if __name__ == "__main__":
    main()

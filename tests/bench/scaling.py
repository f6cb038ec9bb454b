"""Measure photos/s for 1, 2, 4 … processes: `python -m tests.bench.scaling`.

First with stand-in workers (`tests.bench.standin`), which sleep for the time of a photo. This shows
the limits of what all processes share (queue, ledger, object store) rather than of the machine's
cores. The sleep must be long enough for these cores to serve all processes; `cores busy` tells how
many were used. Then with the real pipeline, with up to one process per core, where servers and
processes compete for the cores.

Each job is queued completely before its workers start. Its rate is measured by Redis' clock from
the end of the first wave of chunks, one per process, to the last verdict. It leaves out the start
of the processes but includes the tail, in which some processes are idle.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from glasses.client import Client, Job
from tests.bench import photo_sets, standin, table
from tests.bench.gauges import Gauges, cpu_seconds, gauged, records
from tests.bench.small_photos import small_photos
from tests.support.workers import Worker

PROCESSES = (1, 2, 4, 8, 16, 32)
WAVES = 20
"""Chunks per process. The tail lasts at most one of them."""
Figures = dict[str, float]


def main() -> None:
    """Measure and print a table."""
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scaling", description=__doc__)
    parser.add_argument("processes", nargs="*", type=int, default=PROCESSES)
    parser.add_argument("--ms", type=float, default=50, help="ms per photo (default: 50)")
    parser.add_argument(
        "--waves", type=int, default=WAVES, help=f"chunks per process (default: {WAVES})"
    )
    parser.add_argument(
        "--host", type=int, default=8, help="maximum processes per worker host (default: 8)"
    )
    parser.add_argument("--real", type=int, nargs="*", default=range(1, cores + 1))
    parser.add_argument("--json", type=Path, default=Path("build/scaling.json"), help="output file")
    options = parser.parse_args()
    found: dict[str, dict[int, Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.waves, options.host)
        if options.processes:
            found[f"stand-in, {options.ms:g} ms per photo"] = bench.standin(
                options.processes, options.ms
            )
        if options.real:
            found["real pipeline"] = bench.real(options.real)
    table.write(options.json, found)
    sys.stdout.write("".join(_table(name, by_count) for name, by_count in found.items()))


class Bench:
    """Measures rates, with new photos, servers and workers for each number of processes."""

    def __init__(self, folder: Path, waves: int, host: int) -> None:
        self._folder = folder
        self._waves = waves
        self._host = host

    def standin(self, counts: Sequence[int], ms: float) -> dict[int, Figures]:
        """Return the figures of stand-in workers by number of processes."""
        variables = standin.environment(ms)
        return self._measure("tests.bench.standin", counts, small_photos, variables)

    def real(self, counts: Sequence[int]) -> dict[int, Figures]:
        """Return the figures of real workers by number of processes."""
        return self._measure("worker", counts, _write_portraits, {})

    def _measure(
        self,
        module: str,
        counts: Sequence[int],
        generate: Callable[[Path, int], None],
        variables: Mapping[str, str],
    ) -> dict[int, Figures]:
        found: dict[int, Figures] = {}
        for count in sorted(counts):
            _log(f"{module}, {count} processes")
            home = self._folder / f"{module}-{count}"
            with gauged(home / "servers") as gauges, Client(gauges.settings) as client:
                generate(home / "photos", count * self._waves * gauges.settings.chunk_size)
                job = client.submit([home / "photos"])
                with self._workers(gauges, count, module, variables) as workers:
                    found[count] = _measure_job(gauges, client, job, count, workers)
        least = min(found)
        for count, figures in found.items():
            one = found[least]["photos/s"] / least
            figures["efficiency"] = figures["photos/s"] / count / one
        return found

    @contextmanager
    def _workers(
        self, gauges: Gauges, count: int, module: str, variables: Mapping[str, str]
    ) -> Iterator[list[Worker]]:
        started: list[Worker] = []
        try:
            for first in range(0, count, self._host):
                log = self._folder / f"{module}-{count}-{first}.log"
                size = min(self._host, count - first)
                started.append(
                    Worker(gauges.settings, log, size, environment_=variables, module=module)
                )
            yield started
        finally:
            for worker in started:
                worker.stop()


def _measure_job(
    gauges: Gauges, client: Client, job: Job, count: int, workers: list[Worker]
) -> Figures:
    """Measure a job from the end of the first wave on: its rate, and CPU by process."""

    def cpu() -> dict[str, float]:
        return gauges.server_seconds() | {
            "workers": sum(cpu_seconds(worker.process.pid) for worker in workers)
        }

    while len(records(client, job.id)) < count:
        if any(worker.process.poll() is not None for worker in workers):
            raise RuntimeError("\n".join(worker.log.read_text() for worker in workers))
        time.sleep(0.1)
    before, photos_before = cpu(), sum(photos for _, photos in records(client, job.id))
    job.wait()
    after, steps = cpu(), records(client, job.id)
    total = sum(photos for _, photos in steps)
    count_measured = total - photos_before
    used = {name: 1000 * (after[name] - before[name]) / count_measured for name in after}
    photos_per_second = rate(steps[count - 1 :])
    return {
        "photos/s": photos_per_second,
        "photos/s without tail": rate(steps[count - 1 : -count]),
        **{f"ms in {name}": ms for name, ms in _stages(client, total).items()},
        **{f"CPU ms, {name}": ms for name, ms in used.items()},
        "cores busy": photos_per_second * sum(used.values()) / 1000,
    }


def rate(steps: Sequence[tuple[float, int]]) -> float:
    """Return the photos/s after the first step, from (time in s, photos) of each step."""
    return sum(photos for _, photos in steps[1:]) / (steps[-1][0] - steps[0][0])


def _stages(client: Client, photos: int) -> dict[str, float]:
    """Return ms of process time per photo by stage, as reported by the workers' heartbeats."""
    while sum(each.photos for each in client.workers()[0]) < photos:
        time.sleep(0.1)
    total: Counter[str] = Counter()
    for worker in client.workers()[0]:
        total.update(worker.stages)
    return {name: 1000 * seconds / photos for name, seconds in total.items()}


def _write_portraits(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number, data in enumerate(photo_sets.portraits(count)):
        (folder / f"{number:05}.jpg").write_bytes(data)


def _table(name: str, found: Mapping[int, Figures]) -> str:
    lines = [name, f"{'processes':<28}" + "".join(f"{count:>10}" for count in found)]
    for figure in next(iter(found.values())):
        row = "".join(f"{figures[figure]:>10.3f}" for figures in found.values())
        lines.append(f"{figure:<28}{row}")
    return "\n".join(lines) + "\n"


def _log(text: str) -> None:
    sys.stderr.write(f"{text} …\n")


if __name__ == "__main__":
    main()

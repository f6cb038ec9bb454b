"""`python -m tests.bench.scaling`: photos a second for 1, 2, 4 … processes.

First with the stand-in (`tests.bench.standin`), which sleeps for the time of a photo: so what all
processes share (queue, ledger, object store) shows, and not how few cores this machine has. The
sleep must be long enough for these cores to serve so many processes; `cores busy` says how many
did. Then with the real pipeline, for as many processes as there are cores: servers and processes
compete for them.

A job is queued whole before its workers start. Its rate is that from the end of the first wave of
chunks, one a process, to its last verdict, by Redis' clock: the start of processes is left out, the
tail, in which some have nothing to do any more, is not.
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
from tests.bench import piles, standin, table
from tests.bench.gauges import Gauges, cpu_seconds, gauged, records
from tests.bench.small_photos import small_photos
from tests.support.workers import Worker

PROCESSES = (1, 2, 4, 8, 16, 32)
WAVES = 20
"""Chunks a process: the tail is at most one of them."""
Figures = dict[str, float]


def main() -> None:
    """Measure, print a table."""
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scaling", description=__doc__)
    parser.add_argument("processes", nargs="*", type=int, default=PROCESSES)
    parser.add_argument("--ms", type=float, default=50, help="time of a photo (default: 50)")
    parser.add_argument("--waves", type=int, default=WAVES, help=f"default: {WAVES}")
    parser.add_argument(
        "--host", type=int, default=8, help="processes of a worker host at most (default: 8)"
    )
    parser.add_argument("--real", type=int, nargs="*", default=range(1, cores + 1))
    parser.add_argument("--json", type=Path, default=Path("build/scaling.json"), help="written")
    options = parser.parse_args()
    found: dict[str, dict[int, Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.waves, options.host)
        if options.processes:
            found[f"stand-in, {options.ms:g} ms a photo"] = bench.standin(
                options.processes, options.ms
            )
        if options.real:
            found["real pipeline"] = bench.real(options.real)
    table.write(options.json, found)
    sys.stdout.write("".join(_table(name, by_count) for name, by_count in found.items()))


class Bench:
    """Photos, servers and workers, new ones for each number of processes."""

    def __init__(self, folder: Path, waves: int, host: int) -> None:
        self._folder = folder
        self._waves = waves
        self._host = host

    def standin(self, counts: Sequence[int], ms: float) -> dict[int, Figures]:
        """Rates of the stand-in, by the number of processes."""
        changes = standin.environment(ms)
        return self._all("tests.bench.standin", counts, small_photos, changes)

    def real(self, counts: Sequence[int]) -> dict[int, Figures]:
        """Rates of real workers."""
        return self._all("worker", counts, _portraits, {})

    def _all(
        self,
        module: str,
        counts: Sequence[int],
        make: Callable[[Path, int], None],
        changes: Mapping[str, str],
    ) -> dict[int, Figures]:
        found: dict[int, Figures] = {}
        for count in sorted(counts):
            _say(f"{module}, {count} processes")
            home = self._folder / f"{module}-{count}"
            with gauged(home / "servers") as gauges, Client(gauges.settings) as client:
                make(home / "photos", count * self._waves * gauges.settings.chunk_size)
                job = client.submit([home / "photos"])
                with self._workers(gauges, count, module, changes) as workers:
                    found[count] = _watched(gauges, client, job, count, workers)
        least = min(found)
        for count, figures in found.items():
            one = found[least]["photos/s"] / least
            figures["efficiency"] = figures["photos/s"] / count / one
        return found

    @contextmanager
    def _workers(
        self, gauges: Gauges, count: int, module: str, changes: Mapping[str, str]
    ) -> Iterator[list[Worker]]:
        started: list[Worker] = []
        try:
            for first in range(0, count, self._host):
                log = self._folder / f"{module}-{count}-{first}.log"
                size = min(self._host, count - first)
                started.append(
                    Worker(gauges.settings, log, size, environment_=changes, module=module)
                )
            yield started
        finally:
            for worker in started:
                worker.stop()


def _watched(
    gauges: Gauges, client: Client, job: Job, count: int, workers: list[Worker]
) -> Figures:
    """The rate from the end of the first wave on, and who takes how much CPU."""

    def seconds() -> dict[str, float]:
        return gauges.server_seconds() | {
            "workers": sum(cpu_seconds(worker.process.pid) for worker in workers)
        }

    while len(records(client, job.id)) < count:
        if any(worker.process.poll() is not None for worker in workers):
            raise RuntimeError("\n".join(worker.log.read_text() for worker in workers))
        time.sleep(0.1)
    before, had = seconds(), sum(photos for _, photos in records(client, job.id))
    job.wait()
    after, steps = seconds(), records(client, job.id)
    whole = sum(photos for _, photos in steps)
    used = {name: 1000 * (after[name] - before[name]) / (whole - had) for name in after}
    found = rate(steps[count - 1 :])
    return {
        "photos/s": found,
        "photos/s without tail": rate(steps[count - 1 : -count]),
        **{f"ms in {name}": ms for name, ms in _stages(client, whole).items()},
        **{f"CPU ms, {name}": ms for name, ms in used.items()},
        "cores busy": found * sum(used.values()) / 1000,
    }


def rate(steps: Sequence[tuple[float, int]]) -> float:
    """Photos a second after the first step."""
    return sum(photos for _, photos in steps[1:]) / (steps[-1][0] - steps[0][0])


def _stages(client: Client, photos: int) -> dict[str, float]:
    """Milliseconds of a process a photo, by stage, as the workers' heartbeats tell."""
    while sum(each.photos for each in client.workers()[0]) < photos:
        time.sleep(0.1)
    total: Counter[str] = Counter()
    for worker in client.workers()[0]:
        total.update(worker.stages)
    return {name: 1000 * seconds / photos for name, seconds in total.items()}


def _portraits(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number, data in enumerate(piles.portraits(count)):
        (folder / f"{number:05}.jpg").write_bytes(data)


def _table(name: str, found: Mapping[int, Figures]) -> str:
    lines = [name, f"{'processes':<28}" + "".join(f"{count:>10}" for count in found)]
    for each in next(iter(found.values())):
        row = "".join(f"{figures[each]:>10.3f}" for figures in found.values())
        lines.append(f"{each:<28}{row}")
    return "\n".join(lines) + "\n"


def _say(text: str) -> None:
    sys.stderr.write(f"{text} …\n")


if __name__ == "__main__":
    main()

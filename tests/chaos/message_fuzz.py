"""`python -m tests.chaos.message_fuzz`: forged messages to a real worker; a report in JSON.

Each batch is pushed while the worker runs. After it, every process of the worker must take and
finish chunks of an honest job, as the same process as at the start; each forged message must have
been rejected or run; and Redis must hold nothing that has no end.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from glasses.client import Client, Job
from glasses.config.settings import Settings, load_settings
from glasses.ledger.partitions import list_name, partition_of
from glasses.ledger.queue import CLASSIFY_CHUNK, PRIORITY_STEPS, depth
from infra.local.servers import servers
from tests.support.forgery import forgeries
from tests.support.messages import arguments, message
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker
from worker.service.broker import ForeignMessageError, rebuild_message

ROOT = Path(__file__).parents[2]
HONEST = 6
"""Photos of an honest job, each a chunk."""


@dataclass(slots=True)
class Report:
    """The messages that were sent and their outcome.

    Attributes:
        seed: Of the messages.
        messages: Forged ones that were pushed to the queue.
        kinds: Of forged messages, and how many of each.
        rejected: Messages that the worker's log says were rejected.
        ran: Messages that were well formed, and went to a process.
        honest: Photos of honest jobs; all were classified.
        died: Processes of the worker that are not the same at the end.
        seconds: From the first message to the end.
    """

    seed: int
    messages: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    ran: int = 0
    honest: int = 0
    died: int = 0
    seconds: int = 0


class Fuzz:
    """A worker under forged messages.

    Args:
        settings: Where the servers are.
        home: An empty folder.
        processes: Of the worker.
        seed: Of the messages.
    """

    def __init__(self, settings: Settings, home: Path, processes: int, seed: int) -> None:
        self._settings = settings.model_copy(update={"chunk_size": 1})
        self._home = home
        self._processes = processes
        self._client = Client(self._settings)
        self._redis: Any = self._client.redis
        self._worker = Worker(settings, home / "worker.log", processes)
        self.report = Report(seed)

    def run(self, messages: int, batch: int) -> Report:
        """Send a number of forged messages in batches.

        Raises:
            AssertionError: The worker took harm.
        """
        wait_until(lambda: len(self._pool()) == self._processes, self._log)
        pool = self._pool()
        self._honest(pool)
        before, started = self._rejected(), time.monotonic()
        made = forgeries(self.report.seed, messages)
        expected, kinds = 0, Counter[str]()
        while several := list(islice(made, batch)):
            for each in several:
                self._redis.lpush(each.place, each.raw)
                kinds[each.kind] += 1
                expected += _is_foreign(each.raw, each.place)
            self._beside_the_queue()
            self.report.messages += len(several)
            self._honest(pool)
            wait_until(lambda: depth(self._redis) == 0, self._log)
            self.report.died += len(pool - self._pool())
            self._nothing_left()
        wait_until(lambda: self._rejected() - before >= expected, self._log)
        self.report.kinds = dict(kinds)
        self.report.rejected = self._rejected() - before
        self.report.ran = self.report.messages - expected
        assert self.report.rejected == expected
        self.report.seconds = round(time.monotonic() - started)
        return self.report

    def close(self) -> None:
        """Stop the worker."""
        self._worker.discard()
        self._client.close()

    def _honest(self, pool: set[int]) -> None:
        """Let every process finish a chunk of a real job among forged messages of the same job."""
        begun: set[int] = set()
        while not pool <= begun:
            assert self._worker.process.poll() is None, self._log()
            assert pool == self._pool(), self._log()
            self.report.honest += HONEST
            folder = self._home / f"in-{self.report.honest}"
            source = ROOT / "demo" / "photos" / "hopper.jpg"
            job = self._client.submit(photos(folder, source, HONEST, folder.name))
            self._forge_chunks_of(job)
            status = job.wait(90)
            assert (status.submitted, status.classified) == (HONEST, HONEST), self._log()
            begun |= {
                line["process"]
                for line in self._lines()
                if line.get("job") == job.id and line["message"].endswith(": acquired")
            }

    def _forge_chunks_of(self, job: Job) -> None:
        for start, count in ((0, 1), (0, 64), (3, 2), (5, 1), (HONEST, 1), (10**8, 1)):
            chunk = {"schema_version": 1, "job_id": job.id, "start": start, "count": count}
            for number, priority in {(0, 0), (0, 6), (partition_of(job.id), PRIORITY_STEPS[-1])}:
                text = message(CLASSIFY_CHUNK, arguments(chunk))
                self._redis.lpush(list_name(number, priority), text)

    def _beside_the_queue(self) -> None:
        """Forge what kombu trusts beside the queue: unacked entries, bindings, control messages."""
        for number, raw in enumerate(("{", '[1, "", []]', '[{}, "", "glasses"]')):
            self._redis.hset("unacked", str(number), raw)
            self._redis.zadd("unacked_index", {str(number): number})
        self._redis.sadd("_kombu.binding.glasses", "x", "glasses\x06\x16\x06\x16elsewhere")
        self._redis.set("_kombu.binding.celery.pidbox", "of another type")
        control = {"method": "shutdown", "arguments": {}, "destination": None}
        for channel in ("/0.celery.pidbox", "/0.celeryev/worker.heartbeat"):
            self._redis.publish(channel, json.dumps({"body": json.dumps(control), "headers": {}}))

    def _nothing_left(self) -> None:
        """Check that every key has a TTL and the entries forged beside the queue are unchanged."""
        assert (self._redis.hlen("unacked"), self._redis.zcard("unacked_index")) == (3, 3)
        forged = {"unacked", "unacked_index"}
        forged |= {"_kombu.binding.glasses", "_kombu.binding.celery.pidbox"}
        endless = {key for key in self._redis.scan_iter() if self._redis.ttl(key) == -1}
        assert endless == forged, endless - forged
        self._redis.delete(*forged)

    def _pool(self) -> set[int]:
        return {child.pid for child in psutil.Process(self._worker.process.pid).children()}

    def _rejected(self) -> int:
        return rejected(self._log())

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log().splitlines() if line.startswith("{")]

    def _log(self) -> str:
        return self._worker.log.read_text("utf-8")


def rejected(log: str) -> int:
    """Return the number of rejected messages in the log of a worker."""
    return sum(map(int, re.findall(r'"rejected (\d+) message', log)))


def _is_foreign(raw: bytes, place: str) -> bool:
    try:
        rebuild_message(raw, place)
    except ForeignMessageError:
        return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.message_fuzz", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="message-fuzz-"))
    sys.stderr.write(f"the worker's log is in {home}\n")
    with servers(home / "servers") as found:
        fuzz = Fuzz(load_settings(**found), home, options.processes, options.seed)
        try:
            report = fuzz.run(options.messages, options.batch)
        finally:
            fuzz.close()
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    sys.exit(1 if report.died else 0)


if __name__ == "__main__":
    main()

"""A worker that waits as long as a photo would take, in place of the pipeline.

Started like `python -m worker`. All else is the worker's own: Celery application, ledger, lease,
fetching, record step, tally, reconciler. `STANDIN_MS` is the time of a photo in ms (asleep, so it
costs no CPU), `STANDIN_NAME` the name of its model: what another name has found is not known to
it. With `STANDIN_WITHOUT_BYTES=1` photos are not fetched either, for jobs whose bytes were never
sent (`tests.bench.without_bytes`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from glasses.outcome import Box, Face, Outcome
from glasses.schemas import ManifestEntry
from glasses.statuses import PhotoStatus

VERDICT = Outcome(
    status=PhotoStatus.CLASSIFIED,
    faces=(
        Face(
            box=Box(left=1200, top=800, width=640, height=640),
            detection_score=1.234,
            probability=0.9876,
        ),
    ),
)
"""As long as a real one, since Redis' memory is measured with it."""


def environment(ms: float, name: str = "standin", without_bytes: bool = False) -> dict[str, str]:
    """What to start it with."""
    return {
        "STANDIN_MS": str(ms),
        "STANDIN_NAME": name,
        "STANDIN_WITHOUT_BYTES": "1" if without_bytes else "",
    }


class StandIn:
    """Has what chunks ask of `worker.pipeline.Pipeline`."""

    def __init__(self, name: str, seconds: float) -> None:
        self.model = f"{name}@000000000000"
        self.threshold = 0.5
        self._seconds = seconds

    @classmethod
    def load(cls, *_: Any, **__: Any) -> StandIn:
        return cls(os.environ["STANDIN_NAME"], float(os.environ["STANDIN_MS"]) / 1000)

    def warm_up(self) -> None:
        """There is nothing to load."""

    def find(self, data: bytes) -> Outcome:  # noqa: ARG002
        if self._seconds:
            time.sleep(self._seconds)
        return VERDICT

    def classify(self, photos: Sequence[Outcome]) -> list[Outcome]:
        return list(photos)


def not_fetched(
    _: Any, wanted: Iterable[ManifestEntry], known: Iterable[str]
) -> Iterator[tuple[str, bytes]]:
    """In place of `worker.fetch.fetched`."""
    contents = {entry.sha256 for entry in wanted if entry.sha256 and not entry.reason}
    for sha256 in sorted(contents - set(known)):
        yield sha256, b""


if __name__ == "__main__":
    from worker import __main__ as worker
    from worker import chunk, context

    context.Pipeline = StandIn  # type: ignore[assignment, misc]
    if os.environ["STANDIN_WITHOUT_BYTES"]:
        chunk.fetched = not_fetched  # type: ignore[assignment]
    worker.main()

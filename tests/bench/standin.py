"""Stand-in worker: a real worker whose pipeline only sleeps. Run `python -m tests.bench.standin`.

Everything else is the real worker: Celery application, ledger, lease, fetching, record step, run
metrics, reconciler. Environment variables: `STANDIN_MS` is the time per photo in ms, spent asleep
and thus without CPU. `STANDIN_NAME` is the model's name; outcomes recorded under other names are
unknown to it. `STANDIN_WITHOUT_BYTES=1` skips fetching, for jobs whose photos were not uploaded
(`tests.bench.without_bytes`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import PhotoStatus

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
"""As long as a real outcome, since the memory of Redis is measured with it."""


def environment(ms: float, name: str = "standin", without_bytes: bool = False) -> dict[str, str]:
    """Return the environment variables of a stand-in worker."""
    return {
        "STANDIN_MS": str(ms),
        "STANDIN_NAME": name,
        "STANDIN_WITHOUT_BYTES": "1" if without_bytes else "",
    }


class StandIn:
    """Replaces `worker.vision.pipeline.Pipeline` in the methods that chunks use."""

    def __init__(self, name: str, seconds: float) -> None:
        self.model = f"{name}@000000000000"
        self.threshold = 0.5
        self._seconds = seconds

    @classmethod
    def load(cls, *_: Any, **__: Any) -> StandIn:
        return cls(os.environ["STANDIN_NAME"], float(os.environ["STANDIN_MS"]) / 1000)

    def warm_up(self) -> None:
        """Do nothing: there is no model to load."""

    def find(self, data: bytes) -> Outcome:  # noqa: ARG002
        if self._seconds:
            time.sleep(self._seconds)
        return VERDICT

    def classify(self, photos: Sequence[Outcome]) -> list[Outcome]:
        return list(photos)


def skip_fetching(
    _: Any, __: str, wanted: Iterable[ManifestEntry], known: Iterable[str], ___: float
) -> Iterator[tuple[str, bytes]]:
    """Replace `worker.service.fetch.fetch_photos`: yield empty bytes for each content."""
    contents = {entry.sha256 for entry in wanted if entry.sha256 and not entry.reason}
    for sha256 in sorted(contents - set(known)):
        yield sha256, b""


if __name__ == "__main__":
    from worker import __main__ as worker
    from worker.service import chunk, context

    context.Pipeline = StandIn  # type: ignore[assignment, misc]
    if os.environ["STANDIN_WITHOUT_BYTES"]:
        chunk.fetch_photos = skip_fetching  # type: ignore[assignment]
    worker.main()

"""Progress bars on a terminal."""

from __future__ import annotations

import io
import re
import sys
import time

import pytest

from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import JobState
from glasses.protocol.verdict import FaceChoice
from producer.console import progress_bars, show_status


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_shows_the_remaining_time_until_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress_bars() as bars:
        assert bars
        task = bars.add_task("sort", total=1000, note="")
        for _ in range(3):
            bars.advance(task)
            time.sleep(0.02)
        bars.refresh()
        assert re.search(r"3/1000.* about 0:00:[0-9]{2} left", screen.getvalue())
        bars.update(task, completed=1000)
        bars.refresh()
    last = screen.getvalue().rpartition("1000/1000")[2]
    assert "left" not in last


def test_the_bar_of_a_job_shows_the_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    status = JobStatus(
        job_id="abcdefgh", name="", state=JobState.DONE, created=100, expires=1000, finished=110,
        submitted=400, classified=300, no_face=0, failed=0, cancelled=0, pending=100,
        with_glasses=0, model=None, threshold=None, faces=FaceChoice.ANY,
    )  # fmt: skip
    with progress_bars() as bars:
        assert bars
        task = bars.add_task("classified", total=None, note="")
        show_status(bars, task, status, seconds_left=83.5)
        bars.refresh()
    assert re.search(r"300/400.* 30 photos/s .* about 0:01:24 left", screen.getvalue())

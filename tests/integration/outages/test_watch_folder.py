"""A folder is watched on through an outage that is longer than any command's patience."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

import pytest

from glasses import patience
from glasses.client import Client
from glasses.settings import Settings
from glasses.verdict import FaceChoice, Verdict
from glasses.watching import How, Output, State, Watcher
from tests.integration.outages.conftest import Network
from tests.support.waiting import wait_until
from tests.support.watching import Watching
from tests.support.workers import Worker


class EnoughError(Exception):
    """The test has seen what it wants."""


def test_it_goes_on_after_an_outage(
    network: Network,
    settings: Settings,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "OUTAGE_SECONDS", 1.0)
    start_worker()
    photo = (demo_photos / "collins.jpg").read_bytes()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photo)
    seen: list[str] = []
    told: list[str] = []

    def on_rows(rows: Sequence[Verdict]) -> None:
        seen.extend(row.image for row in rows)
        if len(seen) == 2:
            raise EnoughError

    def watch() -> None:
        output = Output(tmp_path / "rows.jsonl")
        with (
            Client(settings) as client,
            State.opened(tmp_path / "rows.state", folder, output) as state,
            pytest.raises(EnoughError),
        ):
            Watcher(
                client=client,
                how=How(folder, 0),
                state=state,
                output=output,
                encode=lambda rows, _: b"".join(row.image.encode() + b"\n" for row in rows),
                interval=0.1,
                threshold=None,
                faces=FaceChoice.ANY,
                tell=told.append,
                on_rows=on_rows,
            ).run(once=False)

    thread = Thread(target=watch)
    thread.start()
    wait_until(lambda: seen == ["a.jpg"])
    network.redis.cut()
    (folder / "b.jpg").write_bytes(photo + b"b")
    wait_until(lambda: any("Trying again for as long as it takes" in text for text in told))
    network.redis.mend()
    thread.join(60)
    assert not thread.is_alive()
    assert (tmp_path / "rows.jsonl").read_text() == "a.jpg\nb.jpg\n"


@pytest.mark.parametrize("options", [[], ["--once"]])
def test_servers_must_be_there_at_first(
    options: list[str], network: Network, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    network.redis.cut()
    process = Watching(settings, tmp_path / "in", tmp_path / "rows.jsonl").start(*options)
    said = process.communicate(timeout=60)[1]
    network.redis.mend()
    assert process.returncode == 3, said
    assert "does not answer" in said

"""`glasses watch-folder` continues after an outage that outlasts all retries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

import pytest

from glasses.client import Client
from glasses.config import retry
from glasses.config.settings import Settings
from glasses.protocol.verdict import FaceChoice, Verdict
from producer.watching import RowsFile, WatchConfig, Watcher, WatchState
from tests.support.proxy import Network
from tests.support.wait import wait_until
from tests.support.watching import Watching
from tests.support.workers import Worker


class EnoughError(Exception):
    """Ends the command once the test has seen enough."""


def test_watching_continues_after_an_outage(
    network: Network,
    settings: Settings,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "OUTAGE_SECONDS", 1.0)
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
        output = RowsFile(tmp_path / "rows.jsonl")
        with (
            Client(settings) as client,
            WatchState.opened(tmp_path / "rows.state", folder, output) as state,
            pytest.raises(EnoughError),
        ):
            Watcher(
                client=client,
                how=WatchConfig(folder, 0),
                state=state,
                output=output,
                encode=lambda rows, _: b"".join(row.image.encode() + b"\n" for row in rows),
                interval=0.1,
                threshold=None,
                faces=FaceChoice.ANY,
                notify=told.append,
                on_rows=on_rows,
            ).run(once=False)

    thread = Thread(target=watch)
    thread.start()
    wait_until(lambda: seen == ["a.jpg"])
    network.redis.cut()
    (folder / "b.jpg").write_bytes(photo + b"b")
    wait_until(lambda: any("Retrying until it succeeds" in text for text in told))
    network.redis.mend()
    thread.join(60)
    assert not thread.is_alive()
    assert (tmp_path / "rows.jsonl").read_text() == "a.jpg\nb.jpg\n"


@pytest.mark.parametrize("options", [[], ["--once"]])
def test_watching_requires_servers_at_start(
    options: list[str], network: Network, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    network.redis.cut()
    process = Watching(settings, tmp_path / "in", tmp_path / "rows.jsonl").start(*options)
    said = process.communicate(timeout=60)[1]
    network.redis.mend()
    assert process.returncode == 3, said
    assert "does not answer" in said

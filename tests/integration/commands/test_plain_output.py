"""No escape codes without a terminal, and no colour where the user disabled it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses
from tests.support.terminal import on_terminal

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


def test_output_without_a_terminal_has_no_escape_codes(
    settings: Settings,
    client: Client,
    collection: Path,
    tmp_path: Path,
    demo_photos: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    job = submit_classified(client, collection, {"a.jpg": outcome(face(0.98))}).id
    for words in (
        ["--help"],
        ["results", "--help"],
        ["results"],
        ["results", "nobody"],
        ["submit", str(collection), "--wait", "--timeout", "0.1"],
        ["status", job],
        ["watch", job],
        ["jobs"],
        ["results", job, "--format", "table"],
        ["report", job, "-o", str(tmp_path / "report.html"), "--no-thumbnails"],
        ["sort", job, "--into", str(tmp_path / "sorted")],
        ["workers"],
        ["doctor"],
        ["config"],
        ["classify", str(demo_photos / "hopper.jpg"), "--format", "table"],
        ["explain", str(demo_photos / "hopper.jpg")],
        ["rm", job],
    ):
        done = glasses(*words, settings=settings)
        assert done.stdout + done.stderr
        assert "\x1b" not in done.stdout + done.stderr, words


def test_no_color_is_respected_on_a_terminal(
    settings: Settings, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    words = ["submit", str(collection), "--wait", "--timeout", "0.1"]
    coloured = on_terminal(*words, settings=settings)
    plain = on_terminal(*words, settings=settings, NO_COLOR="1")
    assert COLOUR.search(coloured)
    assert not COLOUR.search(plain)
    assert b"classified" in plain
    assert b"\x1b" not in on_terminal(*words, settings=settings, TERM="dumb")


def test_progress_bars_do_not_mix_with_other_output(
    settings: Settings, client: Client, collection: Path, tmp_path: Path
) -> None:
    shown = on_terminal("submit", str(collection), "--wait", "--timeout", "5", settings=settings)
    (status,) = client.jobs()
    assert shown.startswith(status.job_id.encode() + b"\r\n")
    assert b"hashing" in shown
    # Where a bar was, it is erased first.
    assert re.search(rb"(\n|\r|\x1b\[2K)job \w{8} is waiting: [^\n\x1b]*\r\n", shown)
    other = submit_classified(client, collection, {"a.jpg": outcome(face(0.98))}).id
    into = str(tmp_path / "sorted")
    dry = on_terminal("sort", other, "--into", into, "--dry-run", settings=settings)
    assert dry.startswith(str(collection).encode())
    assert b"\x1b" not in dry
    report = str(tmp_path / "report.html")
    rows = on_terminal("classify", str(collection), "--report", report, settings=settings)
    for line in (rb"VERDICT +PROBABILITY", rb"failed +[^\n\x1b]*a\.jpg"):
        assert re.search(rb"(^|\n|\r|\x1b\[2K)" + line + rb"[^\n\x1b]*\r\n", rows), rows

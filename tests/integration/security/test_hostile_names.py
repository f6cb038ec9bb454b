"""File names are data: they never reach a terminal unescaped and never break a command.

CSV in a pipe or a file has the names themselves; `tests/unit/producer/test_rows.py` covers CSV on a
terminal.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from tests.support.commands import glasses_printed
from tests.support.workers import Worker

HOSTILE = b"\x1b[31m\xc2\x9b2J\xe2\x80\xaegpj\xff\n=1+1"
"""ANSI colour, a C1 control, a bidirectional override, invalid UTF-8, a newline, a formula."""
DANGEROUS = ["\x1b", "\x9b", "\u202e", "\udcff"]


def is_harmless(text: str) -> bool:
    return not [mark for mark in DANGEROUS if mark in text]


@pytest.fixture
def folder(tmp_path: Path, demo_photos: Path) -> bytes:
    found = os.fsencode(tmp_path) + b"/" + HOSTILE
    os.mkdir(found)
    for name in (HOSTILE + b".jpg", b"=cmd.jpg", b"@x.jpg"):
        shutil.copy(os.fsencode(demo_photos / "hopper.jpg"), found + b"/" + name)
    with open(found + b"/" + HOSTILE + b".txt", "wb") as file:
        file.write(b"no photo")
    with open(found + b"/" + HOSTILE + b" page.jpg", "wb") as file:
        file.write(b"no photo either")
    return found


def test_no_command_prints_them_raw(
    settings: Settings, start_worker: Callable[..., Worker], folder: bytes
) -> None:
    worker = start_worker(1)
    code, said = glasses_printed("submit", folder, "--wait", settings=settings)
    assert code == 1
    job = said.split()[0]
    assert is_harmless(said)
    for words in (
        ("status", job),
        ("status", job, "--json"),
        ("watch", job),
        ("watch", job, "--json"),
        ("jobs",),
        ("jobs", "--json"),
        ("results", job, "--format", "table"),
        ("results", job, "--format", "jsonl"),
        ("reconcile", job),
        ("cancel", job),
        ("cancel", job, "--json"),
        ("classify", folder, "--format", "table"),
        ("rm", job),
    ):
        code, said = glasses_printed(*words, settings=settings)
        assert code in {0, 1}, (words, said)
        assert is_harmless(said), (words, said)
    assert is_harmless(worker.log.read_text("utf-8", "surrogateescape"))


@pytest.mark.parametrize("command", ["submit", "classify", "status", "results", "rm"])
def test_no_error_message_prints_them_raw(settings: Settings, command: str, tmp_path: Path) -> None:
    code, said = glasses_printed(command, os.fsencode(tmp_path) + b"/" + HOSTILE, settings=settings)
    assert code == 2
    assert is_harmless(said), said

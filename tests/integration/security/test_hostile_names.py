"""Names of files and folders are data: on no terminal do they move the cursor, hide or fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.settings import Settings
from infra.local.workers import environment
from tests.support.workers import Worker

HOSTILE = b"\x1b[31m\xc2\x9b2J\xe2\x80\xaegpj\xff\n=1+1"
"""ANSI colour, a C1 control, a bidirectional override, no UTF-8, a new line, a formula."""
DANGEROUS = ["\x1b", "\x9b", "\u202e", "\udcff"]


def glasses(settings: Settings, *words: str | bytes) -> tuple[int, bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "producer", *words],
        env=os.environ | environment(settings),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout + done.stderr


def is_harmless(said: bytes) -> bool:
    text = said.decode("utf-8", "surrogateescape")
    return not [mark for mark in DANGEROUS if mark in text]


@pytest.fixture
def folder(tmp_path: Path, demo_photos: Path) -> bytes:
    found = os.fsencode(tmp_path) + b"/" + HOSTILE
    os.mkdir(found)
    for name in (HOSTILE + b".jpg", b"=cmd.jpg", b"@x.jpg"):
        shutil.copy(os.fsencode(demo_photos / "hopper.jpg"), found + b"/" + name)
    with open(found + b"/" + HOSTILE + b".txt", "wb") as file:
        file.write(b"no photo")
    return found


def test_no_command_prints_them_raw(
    settings: Settings, start_worker: Callable[..., Worker], folder: bytes
) -> None:
    worker = start_worker(1)
    code, said = glasses(settings, "submit", folder, "--wait")
    assert code == 1
    job = said.decode().split()[0]
    assert is_harmless(said)
    for words in (
        ("status", job),
        ("status", job, "--json"),
        ("watch", job),
        ("watch", job, "--json"),
        ("jobs",),
        ("jobs", "--json"),
        ("results", job, "--format", "table"),
        ("results", job, "--format", "csv"),
        ("results", job, "--format", "jsonl"),
        ("reconcile", job),
        ("cancel", job),
        ("cancel", job, "--json"),
        ("classify", folder, "--format", "table"),
        ("classify", folder, "--format", "csv"),
        ("rm", job),
    ):
        code, said = glasses(settings, *words)
        assert code in {0, 1}, (words, said)
        assert is_harmless(said), (words, said)
    assert is_harmless(worker.log.read_bytes())


@pytest.mark.parametrize("command", ["submit", "classify", "status", "results", "rm"])
def test_no_error_repeats_them_raw(settings: Settings, command: str, tmp_path: Path) -> None:
    code, said = glasses(settings, command, os.fsencode(tmp_path) + b"/" + HOSTILE)
    assert code == 2
    assert is_harmless(said), said

"""The whole way from `up` to results as an unprivileged user in a separate home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.unprivileged import NOBODY, as_nobody

ROOT = Path(__file__).parents[3]


@pytest.fixture
def house() -> Iterator[Path]:
    """Yield a home that the user owns, outside of pytest's private folder."""
    folder = Path(tempfile.mkdtemp(prefix="any-user-")).resolve()
    if not os.geteuid():
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def test_an_unprivileged_user_can_run_everything(house: Path, demo_photos: Path) -> None:
    prefix = as_nobody(house, ROOT)
    photos = house / "photos"
    photos.mkdir()
    for name in ("hopper.jpg", "collins.jpg", "cat.jpg"):
        shutil.copy(demo_photos / name, photos)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(house),
        "GLASSES_HOME": str(house / "stack"),
    }

    def glasses(*words: str) -> str:
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "producer", *words],
            cwd=house, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    try:
        glasses("up", "--detach", "--workers", "1")
        job = glasses("submit", "photos", "--wait").strip()
        rows = [
            json.loads(line) for line in glasses("results", job, "--format", "jsonl").splitlines()
        ]
        assert {row["image"]: row["status"] for row in rows} == {
            "cat.jpg": "no_face",
            "collins.jpg": "classified",
            "hopper.jpg": "classified",
        }
        stack = json.loads((house / "stack" / "stack.json").read_text())
        for entry in stack["processes"].values():
            assert psutil.Process(entry["pid"]).uids().effective == (
                NOBODY if prefix else os.getuid()
            )
        for folder, _, files in os.walk(house / "stack"):
            assert os.stat(folder).st_uid == (NOBODY if prefix else os.getuid())
            for name in files:
                path = Path(folder, name)
                private = name in {"stack.json", "credentials.json", "valkey.conf"}
                assert not private or path.stat().st_mode & 0o777 == 0o600, path
        for folder in ("", "valkey", "s3", "logs"):
            assert (house / "stack" / folder).stat().st_mode & 0o077 == 0, folder
    finally:
        glasses("down", "--purge")
    assert glasses("classify", "photos", "--format", "jsonl").splitlines()

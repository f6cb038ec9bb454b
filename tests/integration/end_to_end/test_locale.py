"""File names are bytes: every command returns the same rows in every locale."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.support.archives import packed
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
NAMES = ("肖像.jpg", "grüße/é.jpg", "latin-\udce9.jpg", "plain.jpg")
ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = {
    "utf8": {"LC_ALL": "C.UTF-8"},
    "C": {"LC_ALL": "POSIX", **ASCII},
    "other stdout": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"},
}


def run(settings: Settings | None, locale: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    servers = environment(settings) if settings else {}
    done = subprocess.run(
        [sys.executable, "-m", "producer", *map(os.fsencode, words)],
        env=kept | servers | LOCALES[locale],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


@pytest.fixture
def folder(tmp_path: Path, demo_photos: Path) -> Path:
    made = tmp_path / "写真"
    for name in NAMES:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        data = (demo_photos / "hopper.jpg").read_bytes() + os.fsencode(name)
        (made / name).write_bytes(data)
    return made


def test_rows_are_the_same_in_every_locale_with_and_without_servers(
    settings: Settings,
    start_worker: StartWorker,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        for name, value in LOCALES["C"].items():
            patched.setenv(name, value)
        start_worker(read_folders=str(folder))
    job = run(settings, "C", "submit", str(folder), "--wait", "--in-place").stdout.decode().strip()
    wanted = run(None, "utf8", "classify", str(folder), "--format", "csv").stdout
    assert wanted.count(b",classified,true,") == len(NAMES)
    for locale in LOCALES:
        rows = run(settings, locale, "results", job, "--format", "csv").stdout
        assert rows == wanted, locale
    into = [tmp_path / f"sorted-{locale}" for locale in ("utf8", "C")]
    for place, locale in zip(into, ("utf8", "C"), strict=True):
        assert run(settings, locale, "sort", job, "--into", str(place)).returncode == 0
    sorted_ = [{p.relative_to(place) for p in place.rglob("*.jpg")} for place in into]
    assert sorted_[0] == sorted_[1] == {Path("with") / name for name in NAMES}
    pages = [tmp_path / f"{locale}.html" for locale in ("utf8", "C")]
    for page in pages:
        assert run(settings, page.stem, "report", job, "-o", str(page)).returncode == 0
    first, second = (
        re.findall(r'class="photos">(.*?)</script>', p.read_text("utf-8"), re.DOTALL) for p in pages
    )
    assert first == second


def test_classify_prints_the_same_bytes_in_every_locale(tmp_path: Path) -> None:
    files = {name: b"no photo" for name in NAMES if name.isprintable()}
    zip_ = packed(tmp_path / "写真.zip", files, "zip")
    (tmp_path / "text").mkdir()
    for name in NAMES:
        (tmp_path / "text" / Path(name).name).write_bytes(b"no photo")
    for words in (
        ["classify", str(tmp_path / "text"), str(zip_), "--format", "csv"],
        ["classify", str(tmp_path / "text"), "--format", "table", "--include", "肖*"],
    ):
        said = {run(None, locale, *words).stdout for locale in LOCALES}
        assert len(said) == 1, words

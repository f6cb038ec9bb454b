"""No command runs code from its working directory, which may hold untrusted files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infra.local import seaweed
from infra.local.process import find_marked, stop
from tests.support.photos import photos
from tests.support.ports import keep_ports

OURS = {"glasses", "infra", "producer", "training", "worker"}
BY_ITSELF = {"sitecustomize", "usercustomize", "celeryconfig"}
PACKAGES = set(packages_distributions())
NAMES = OURS | BY_ITSELF | set(sys.stdlib_module_names) | PACKAGES
BEFORE_OURS = OURS | (set(sys.stdlib_module_names) - {"json", "multiprocessing", "tomllib"})
"""Modules that Python itself may import before a module run by `-m` starts."""
PLANTED = "import os\nos.close(os.open(os.path.join({ran!r}, {name!r}), os.O_CREAT))\n"


class Planted:
    """A folder of photos with a module for every name that Python may import."""

    def __init__(self, folder: Path, home: Path, ran: Path) -> None:
        self.folder, self.home, self._ran = folder, home, ran
        ran.mkdir()

    def plant(self, names: set[str]) -> None:
        for name in names:
            if name.isidentifier():
                text = PLANTED.format(ran=str(self._ran), name=name)
                (self.folder / f"{name}.py").write_text(text)
                (self.folder / name).mkdir()
                (self.folder / name / "__init__.py").write_text(text)

    def run(self, *words: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run an installed command in the folder."""
        ended = subprocess.run(
            [Path(sys.executable).with_name(words[0]), *words[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert self.ran == [], words
        assert ended.returncode in codes, (words, ended.stderr)
        return ended.stdout

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
        return kept | {"GLASSES_HOME": str(self.home)}

    @property
    def ran(self) -> list[str]:
        """Return the planted modules that were imported."""
        return sorted(path.name for path in self._ran.iterdir())


@pytest.fixture
def planted(demo_photos: Path, tmp_path: Path) -> Iterator[Planted]:
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", 80)
    home = (tmp_path / "home").resolve()
    keep_ports(home)
    yield Planted(folder, home, tmp_path / "ran")
    stop([], [identity for _, identity in find_marked(home)], timeout=0)
    seaweed.remove_sockets(home)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_classify_runs_no_code_from_the_photo_folder(planted: Planted, processes: str) -> None:
    planted.plant(NAMES)
    words = ["classify", ".", "--include", "*.jpg", "--format", "csv", "--processes", processes]
    assert planted.run("glasses", *words, "--report", "../r.html").count("\n") == 81


def test_classify_as_a_module_runs_no_code_from_the_photo_folder(planted: Planted) -> None:
    planted.plant(NAMES - BEFORE_OURS)
    ended = subprocess.run(
        [sys.executable, "-m", "producer", "classify", ".", "--include", "*.jpg"],
        cwd=planted.folder,
        env=planted.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout.count("\n")) == (0, 80), ended.stderr
    assert planted.ran == []


def test_the_local_stack_runs_no_code_from_the_photo_folder(planted: Planted) -> None:
    planted.plant(NAMES)
    glasses = planted.run
    glasses("glasses", "up", "--detach", "--workers", "1")
    job = glasses("glasses", "submit", ".", "--include", "*.jpg", "--wait").strip()
    glasses("glasses", "results", job, "-o", "../rows.csv")
    glasses("glasses", "report", job, "-o", "../report.html")
    glasses("glasses", "sort", job, "--into", "../sorted", "--from", ".")
    glasses("glasses", "explain", "0000.jpg", "-o", "../explained.png")
    (planted.folder / "fixes.csv").write_text("image,label\n0001.jpg,no glasses\n")
    glasses("glasses", "correct", "fixes.csv", "--job", job, "--into", "../fixed", codes=(0, 2))
    folder = ["watch-folder", ".", "--include", "*.jpg", "--once", "-o", "../watched.csv"]
    glasses("glasses", *folder, codes=(0, 1, 2))
    for word in ("ps", "doctor", "config", "jobs", "workers", "reconcile"):
        glasses("glasses", word)
    glasses("glasses", "scale", "2")
    glasses("glasses", "rm", job)
    glasses("glasses-train", "datasets", "--data", ".")
    exporter = subprocess.Popen(
        [Path(sys.executable).with_name("glasses"), "exporter", "--port", "0"],
        cwd=planted.folder,
        env=planted.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    with exporter:
        assert exporter.stderr
        deadline = time.monotonic() + 30
        while "http" not in exporter.stderr.readline():
            assert exporter.poll() is None
            assert time.monotonic() < deadline
        exporter.kill()
    glasses("glasses", "down")
    assert planted.ran == []

"""`up` under restrictive limits fails with one line that names the limit and the remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from infra.local import limits
from infra.local.process import find_marked
from infra.local.ps import ps
from tests.support.unprivileged import NOBODY, as_nobody

ROOT = Path(__file__).parents[3]
UP = [sys.executable, "-m", "producer", "up", "--detach", "--workers", "0"]


def run(
    home: Path, script: str = "", prefix: Sequence[str] = (), cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `up` after a line of shell."""
    return subprocess.run(
        [*prefix, "/bin/sh", "-c", f'{script}\nexec "$@"', "sh", *UP],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(home.parent),
             "GLASSES_HOME": str(home)},
        cwd=cwd, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return the only line of the error message."""
    assert done.returncode == 3, done.stderr
    (line,) = done.stderr.splitlines()
    return line


@pytest.fixture
def strangers_home() -> Iterator[Path]:
    """Return a home of the user as whom `as_nobody` runs commands."""
    folder = Path(tempfile.mkdtemp(prefix="limits-")).resolve()
    if not os.geteuid():
        os.chown(folder, NOBODY, NOBODY)
    yield folder / "stack"
    shutil.rmtree(folder)


def test_a_low_limit_of_open_files_is_named_with_the_command_that_raises_it(home: Path) -> None:
    line = refused(run(home, "ulimit -n 64"))
    assert "the limit on open files is 64; the local stack needs at least 512" in line
    assert "`ulimit -n 1024`" in line
    assert find_marked(home) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads the limits of another process")
def test_a_soft_limit_on_open_files_is_raised_for_the_servers(home: Path) -> None:
    done = run(home, "ulimit -S -n 64")
    assert done.returncode == 0, done.stderr
    for process in ps(home):
        soft, _ = psutil.Process(process.pid).rlimit(psutil.RLIMIT_NOFILE)
        assert soft >= limits.MIN_OPEN_FILES, process.name


def test_a_low_limit_of_processes_is_named(strangers_home: Path) -> None:
    prefix = as_nobody(strangers_home.parent, ROOT)
    capped = ["/usr/bin/env", "bash", "-c", 'ulimit -u 40; exec "$@"', "bash"]
    line = refused(run(strangers_home, "", [*prefix, *capped], strangers_home.parent))
    assert "the limit on processes and threads is 40, of which" in line
    assert "`ulimit -u 4096`" in line


def test_an_unwritable_home_is_named(strangers_home: Path) -> None:
    prefix = as_nobody(strangers_home.parent, ROOT)
    strangers_home.mkdir(mode=0o555)
    if prefix:
        os.chown(strangers_home, NOBODY, NOBODY)
    line = refused(run(strangers_home, "", prefix, strangers_home.parent))
    assert f"{strangers_home}" in line
    assert "cannot be written: Permission denied; set GLASSES_HOME to a folder of your own" in line


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.touch()
    assert f"{home} cannot be written: File exists" in refused(run(home))


def test_a_home_writable_by_other_users_is_rejected(tmp_path: Path, strangers_home: Path) -> None:
    everybodys = tmp_path / "home"
    everybodys.mkdir()
    everybodys.chmod(0o777)
    assert "can be written by every user of this machine" in refused(run(everybodys))
    prefix = as_nobody(strangers_home.parent, ROOT)
    if not prefix:
        pytest.skip("a folder of another user needs root")
    strangers_home.mkdir()
    strangers_home.chmod(0o775)
    os.chown(strangers_home, 0, NOBODY)
    line = refused(run(strangers_home, "", prefix, strangers_home.parent))
    assert "belongs to another user of this machine" in line

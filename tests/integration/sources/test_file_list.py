"""`glasses submit --from-file`: names from a file or a pipe, whatever bytes they are made of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from glasses.client import Client
from glasses.job_files import JobFiles
from glasses.settings import Settings
from infra.local.workers import environment
from tests.support.commands import glasses

NAMES = [b"plain.jpg", b"line\nbreak.jpg", b"\xff\xfe.jpg", b" spaces ", b"-dash.jpg"]


def test_what_find_prints_is_submitted(settings: Settings, client: Client, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "in")
    os.mkdir(folder)
    for name in NAMES:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"\xff\xd8\xff" + name)
    found = subprocess.Popen(["find", folder, "-type", "f", "-print0"], stdout=subprocess.PIPE)
    done = subprocess.run(
        [sys.executable, "-m", "producer", "submit", "--from-file", "-", "-0", "--detach"],
        env=os.environ | environment(settings), stdin=found.stdout, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    found.wait()
    assert found.stdout
    found.stdout.close()
    assert done.returncode == 0, done.stderr
    assert "5 photos: 5 uploaded" in done.stderr
    entries = JobFiles(client.store).segment(done.stdout.strip(), 0)
    told = {os.fsencode(entry.image) for entry in entries}
    assert told == {os.path.join(folder, name) for name in NAMES}
    assert {entry.path for entry in entries} == {os.fsdecode(name) for name in told}
    assert "list -" in glasses("jobs", settings=settings).stdout


def test_lines_missing_files_and_filters(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "names").write_text(f"{tmp_path}/a.jpg\n{tmp_path}/gone.jpg\n{tmp_path}/x.txt\n")
    done = glasses(
        "submit", "--from-file", str(tmp_path / "names"), "--exclude", "*.txt", "--detach",
        settings=settings,
    )  # fmt: skip
    entries = JobFiles(client.store).segment(done.stdout.strip(), 0)
    assert [entry.reason for entry in entries] == [None, "unreadable"]


def test_wrong_lists_are_told(settings: Settings, client: Client, tmp_path: Path) -> None:
    for arguments, told in (
        (["--from-file", str(tmp_path / "none")], "cannot be read"),
        (["--from-file", str(tmp_path)], "cannot be read"),
        (["--null"], "--from-file"),
        ([], "at least one"),
    ):
        done = glasses("submit", *arguments, settings=settings)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
    assert client.jobs() == []
    (tmp_path / "list").write_bytes(b"a\0b\0")
    done = glasses("submit", "--from-file", str(tmp_path / "list"), settings=settings)
    assert (done.returncode, "--null" in done.stderr) == (2, True)
    assert (done.stdout, client.jobs()) == ("", [])

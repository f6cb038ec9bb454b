"""Hostile archives end in named failures, write nothing and need little memory."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.storage.manifest import ManifestStore
from infra.local.workers import environment
from tests.support.archives import member, packed, patched_zip

JPEG = b"\xff\xd8\xff"
PROGRAM = """
import re, sys
from producer.main import main
try:
    main()
finally:
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
    print("peak", peak[1], file=sys.stderr)
"""


def submit(settings: Settings, folder: Path, *arguments: str) -> tuple[str, int]:
    """Submit in a folder; return the job id and the peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "submit", *arguments, "--detach"],
        env=os.environ | environment(settings) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False, timeout=120, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.strip(), int(done.stderr.split()[-1]) // 1024


def test_hostile_archives_do_no_harm(settings: Settings, client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    small = settings.model_copy(update={"max_file_mb": 32})
    _, usual = submit(small, folder, str(packed(tmp_path / "usual.zip", {"a.jpg": JPEG}, "zip")))
    bomb = JPEG + bytes(200 << 20)
    packed(folder / "bomb.zip", {"a.jpg": bomb}, "zip")
    packed(folder / "false_size.zip", {"a.jpg": bomb}, "zip")
    patched_zip(folder / "false_size.zip", "a.jpg", 22, 1000, 4)
    packed(folder / "bomb.tar.gz", {"a.jpg": bomb, "b.jpg": JPEG + b"b"}, "tar.gz")
    del bomb
    packed(folder / "locked.zip", {"a.jpg": JPEG + b"x"}, "zip")
    patched_zip(folder / "locked.zip", "a.jpg", 6, 1)
    with tarfile.open(folder / "links.tar", "w") as tar:
        tar.addfile(member("link.jpg", 0, tarfile.SYMTYPE, "/etc/passwd"))
        tar.addfile(member("null.jpg", 0, tarfile.CHRTYPE))
        for name in ("/abs.jpg", "../../up.jpg"):
            tar.addfile(member(name, 4), io.BytesIO(JPEG + b"1"))
    inner = packed(tmp_path / "inner.zip", {"a.jpg": JPEG}, "zip").read_bytes()
    packed(folder / "nested.zip", {"inner.zip": inner}, "zip")
    (folder / "cut.tar").write_bytes((folder / "links.tar").read_bytes()[:2562])
    (folder / "none.zip").write_bytes(b"no archive")
    names = sorted(path.name for path in folder.iterdir())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    job, peak = submit(small, folder, *names)
    assert peak < usual + 60
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    parts = ManifestStore(client.store).all_segments(job)
    entries = {entry.image: entry.reason for part in parts for entry in part}
    assert entries == {
        "bomb.tar.gz/a.jpg": "file_too_large",
        "bomb.tar.gz/b.jpg": None,
        "bomb.zip/a.jpg": "file_too_large",
        "cut.tar/abs.jpg": None,
        "cut.tar/link.jpg": "unreadable",
        "cut.tar/null.jpg": "unreadable",
        "cut.tar/up.jpg": "corrupt",
        "cut.tar": "corrupt",
        "false_size.zip/a.jpg": "corrupt",
        "links.tar/abs.jpg": None,
        "links.tar/link.jpg": "unreadable",
        "links.tar/null.jpg": "unreadable",
        "links.tar/up.jpg": None,
        "locked.zip/a.jpg": "unreadable",
        "none.zip": "corrupt",
    }


def test_an_archive_inside_a_folder_is_not_opened(client: Client, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    packed(tmp_path / "in" / "a.zip", {"a.jpg": JPEG}, "zip")
    job = client.submit([tmp_path / "in"])
    assert list(job.verdicts()) == []
    assert job.status().ignored == {"zip": 1}

"""Files and archives with hostile names and shapes, through every command that takes paths."""

from __future__ import annotations

import io
import json
import os
import socket
import tarfile
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from tests.support.archives import member, named_zip, overlapping, packed, patched_zip
from tests.support.commands import glasses

NAMES = (
    b"", b".", b"..", b"/", b"//", b"/abs", b"../up", b"a\0b", b"\xff\xfe", b"\x1b[2J", b"a\r\nb",
    b"back\\slash", b"C:\\drive", b"-dash", b"=1+1", b"x" * 255, b"y" * 65_000, b"same", b"same",
    b"n/" * 2000 + b"x",
)  # fmt: skip
NO_PHOTO = b"no photo"


@pytest.fixture
def corpus(tmp_path: Path) -> list[str | bytes]:
    """Return the paths of the corpus as arguments."""
    folder = os.fsencode(tmp_path / "names")
    os.mkdir(folder)
    for name in NAMES:
        if name not in {b"", b".", b".."} and not {b"/"[0], 0} & set(name) and len(name) < 256:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(NO_PHOTO)
    os.mkfifo(os.path.join(folder, b"pipe"))
    os.symlink("/dev/zero", os.path.join(folder, b"zero"))
    os.symlink("loop", os.path.join(folder, b"loop"))
    with open(os.path.join(folder, b"sparse"), "wb") as file:
        file.truncate(1 << 42)
    with socket.socket(socket.AF_UNIX) as bound:
        opened = os.open(folder, os.O_RDONLY)  # the path of a socket has at most 107 bytes
        bound.bind(f"/proc/self/fd/{opened}/socket")
        os.close(opened)
    named_zip(tmp_path / "names.zip", NO_PHOTO, *(name for name in NAMES if name != b"\xff\xfe"))
    named_zip(tmp_path / "latin.zip", NO_PHOTO, b"\xff\xfe")
    named_zip(tmp_path / "many.zip", NO_PHOTO, *[b"x"] * 101)
    overlapping(tmp_path / "overlapping.zip", NO_PHOTO, 20)
    packed(tmp_path / "sizes.zip", {"a.jpg": NO_PHOTO}, "zip")
    patched_zip(tmp_path / "sizes.zip", "a.jpg", 18, 0xFFFFFFFF, 4)
    for format_ in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(tmp_path / f"names-{format_}.tar", "w", format=format_) as tar:
            for name in NAMES:
                tar.addfile(member(os.fsdecode(name), len(NO_PHOTO)), io.BytesIO(NO_PHOTO))
    packed(tmp_path / "many.tar.gz", {f"{n}": NO_PHOTO for n in range(101)}, "tar.gz")
    (tmp_path / "empty.zip").touch()
    (tmp_path / "empty.tar").touch()
    archives = [str(path) for path in tmp_path.iterdir() if path.is_file()]
    return [folder, *sorted(archives)]


def run(settings: Settings, *words: str | bytes) -> tuple[int, str]:
    """Run a command; return its exit code and stdout."""
    limit = {"GLASSES_MAX_ARCHIVE_ENTRIES": "100"}
    done = glasses(*words, settings=settings, variables=limit)
    assert "\x1b" not in done.stderr + done.stdout
    return done.returncode, done.stdout


def test_every_member_has_the_same_outcome_with_and_without_servers(
    settings: Settings, corpus: list[str | bytes], tmp_path: Path
) -> None:
    code, rows = run(settings, "classify", *corpus, "--format", "jsonl")
    assert code == 1
    code, job = run(settings, "submit", *corpus, "--detach")
    assert code == 0
    code, found = run(settings, "results", job.strip(), "--format", "jsonl")
    assert code == 1
    by_model = {"model": "", "threshold": 0}
    lines, wanted = (
        [json.loads(line) | by_model for line in text.splitlines()] for text in (found, rows)
    )
    assert lines == wanted
    assert rows.count("archive_too_large") == 2
    assert run(settings, "submit", *corpus, "--dry-run", "--json")[0] == 0
    into = tmp_path / "sorted"
    assert run(settings, "sort", job.strip(), "--into", str(into))[0] == 1
    assert run(settings, "report", job.strip(), "-o", str(tmp_path / "report.html"))[0] == 0


def test_explain_and_correct_reject_each_by_name(
    settings: Settings, corpus: list[str | bytes], tmp_path: Path
) -> None:
    folder = os.fsencode(corpus[0])
    for name in (b"pipe", b"zero", b"loop", b"socket", b"\x1b[2J"):
        code, _ = run(settings, "explain", os.path.join(folder, name))
        assert code == (1 if name == b"\x1b[2J" else 2), name
    for file in (b"zero", b"x" * 255):
        place = ["--photos", str(tmp_path), "--into", str(tmp_path / "labels"), "--no-evaluate"]
        code, _ = run(settings, "correct", os.path.join(folder, file), *place)
        assert code == 2, file

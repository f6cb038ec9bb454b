"""Files that a manifest names: read only where that is allowed, and only if they are the same."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glasses.outcome import Outcome
from glasses.schemas import ManifestEntry
from glasses.statuses import FailureReason
from worker import in_place
from worker.in_place import read

DATA = b"a photo"


def entry(path: Path | str, data: bytes = DATA) -> ManifestEntry:
    sha256 = hashlib.sha256(data).hexdigest()
    return ManifestEntry(
        image="x", sha256=sha256, size=len(data), path=str(path), in_place=True
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    (made / "a.jpg").write_bytes(DATA)
    (tmp_path / "secret").write_bytes(DATA)
    return made


def test_a_file_is_read_where_it_lies(folder: Path) -> None:
    assert read([entry(folder / "a.jpg")], [str(folder)]) == DATA
    (folder / "b.jpg").symlink_to("a.jpg")
    assert read([entry(folder / "b.jpg")], [str(folder)]) == DATA


@pytest.mark.parametrize(
    "name", ["../secret", "link", "linked/secret", "/etc/hostname", "../photos2/a.jpg"]
)
def test_nothing_outside_is_read_whatever_leads_there(folder: Path, name: str) -> None:
    (folder / "link").symlink_to(folder.parent / "secret")
    (folder / "linked").symlink_to(folder.parent)
    (folder.parent / "photos2").mkdir()
    (folder.parent / "photos2" / "a.jpg").write_bytes(DATA)
    refused = Outcome.failed(FailureReason.OUT_OF_REACH)
    assert read([entry(folder / name)], [str(folder)]) == refused
    assert read([entry(folder / "a.jpg")], []) == refused


def test_why_a_file_cannot_be_used(folder: Path) -> None:
    def why(path: Path | str, data: bytes = DATA) -> FailureReason | None:
        found = read([entry(path, data)], [str(folder)])
        return found.reason if isinstance(found, Outcome) else None

    os.mkfifo(folder / "pipe")
    assert why(folder / "gone") is FailureReason.VANISHED
    assert why(folder / "a.jpg" / "gone") is FailureReason.VANISHED
    assert why(folder) is FailureReason.UNREADABLE
    assert why(folder / "pipe") is FailureReason.UNREADABLE
    assert why(f"{folder}/a\0.jpg") is FailureReason.UNREADABLE
    assert why(folder / "a.jpg", b"other") is FailureReason.CHANGED
    assert why(folder / "a.jpg", DATA + b"more") is FailureReason.CHANGED
    assert why(folder / "a.jpg", DATA[:-1]) is FailureReason.CHANGED


def test_of_equal_files_the_first_that_is_still_so_is_read(folder: Path) -> None:
    gone, there = entry(folder / "gone"), entry(folder / "a.jpg")
    assert read([gone, there], [str(folder)]) == DATA
    other = entry("/nowhere")
    assert read([gone, other], [str(folder)]) == Outcome.failed(FailureReason.VANISHED)


def test_a_folder_out_of_reach_is_logged_once_whoever_finds_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(in_place._log, "warning", lambda text, *data: logged.append(text % data))
    names = [entry(folder.parent / "none" / f"{number}.jpg") for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: read([each], [str(folder)]), names))
    assert logged == [f"out of reach: read_folders does not name {folder.parent / 'none'}"]

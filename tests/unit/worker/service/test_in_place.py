"""Files named by a manifest are read only inside `read_folders` and only if unchanged."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from worker.service import in_place
from worker.service.in_place import read_in_place

DATA = b"a photo"
LIMIT = 1 << 20


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


def test_a_file_is_read_in_place(folder: Path) -> None:
    assert read_in_place([entry(folder / "a.jpg")], [str(folder)], LIMIT) == DATA
    (folder / "b.jpg").symlink_to("a.jpg")
    assert read_in_place([entry(folder / "b.jpg")], [str(folder)], LIMIT) == DATA


@pytest.mark.parametrize(
    "name", ["../secret", "link", "linked/secret", "/etc/hostname", "../photos2/a.jpg"]
)
def test_nothing_outside_read_folders_is_read_whatever_points_there(
    folder: Path, name: str
) -> None:
    (folder / "link").symlink_to(folder.parent / "secret")
    (folder / "linked").symlink_to(folder.parent)
    (folder.parent / "photos2").mkdir()
    (folder.parent / "photos2" / "a.jpg").write_bytes(DATA)
    refused = Outcome.failed(FailureReason.OUT_OF_REACH)
    assert read_in_place([entry(folder / name)], [str(folder)], LIMIT) == refused
    assert read_in_place([entry(folder / "a.jpg")], [], LIMIT) == refused


def test_an_unusable_file_fails_with_its_reason(folder: Path) -> None:
    def why(path: Path | str, data: bytes = DATA) -> FailureReason | None:
        found = read_in_place([entry(path, data)], [str(folder)], LIMIT)
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


def test_the_first_unchanged_duplicate_is_read(folder: Path) -> None:
    gone, there = entry(folder / "gone"), entry(folder / "a.jpg")
    assert read_in_place([gone, there], [str(folder)], LIMIT) == DATA
    other = entry("/nowhere")
    assert read_in_place([gone, other], [str(folder)], LIMIT) == Outcome.failed(
        FailureReason.VANISHED
    )


def test_a_folder_out_of_reach_is_logged_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(in_place._log, "warning", lambda text, *data: logged.append(text % data))
    names = [entry(folder.parent / "none" / f"{number}.jpg") for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: read_in_place([each], [str(folder)], LIMIT), names))
    assert logged == [
        f"out of reach: add {folder.parent / 'none'} to read_folders to let workers read it"
    ]


def test_a_file_over_the_size_limit_is_not_read(folder: Path) -> None:
    os.truncate(folder / "a.jpg", 1 << 42)
    forged = entry(folder / "a.jpg").model_copy(update={"size": 1 << 42})
    too_large = Outcome.failed(FailureReason.FILE_TOO_LARGE)
    assert read_in_place([forged], [str(folder)], LIMIT) == too_large


def test_a_folder_replaced_by_a_link_during_the_read_is_not_followed(folder: Path) -> None:
    (folder.parent / "outside").mkdir()
    (folder.parent / "outside" / "a.jpg").write_bytes(b"secret")
    inner, link, aside = folder / "inner", folder / "link", folder / "aside"
    inner.mkdir()
    (inner / "a.jpg").write_bytes(DATA)
    link.symlink_to(folder.parent / "outside")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            inner.rename(aside)
            link.rename(inner)
            inner.rename(link)
            aside.rename(inner)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        wanted = [entry(inner / "a.jpg", b"secret")]
        found = {str(read_in_place(wanted, [str(folder)], LIMIT)) for _ in range(3000)}
    finally:
        done.set()
        swapping.join()
    assert str(b"secret") not in found

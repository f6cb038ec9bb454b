"""`read_folders`: which paths a worker may read, and which submissions are rejected."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from glasses.config.read_folders import (
    as_configured_and_resolved,
    is_within,
    may_read,
    split_folders,
)
from glasses.config.settings import load_settings
from glasses.errors import UsageError
from glasses.jobs.in_place import check, replace_unreadable
from glasses.ledger.workers import WorkerInfo
from glasses.protocol.statuses import FailureReason
from glasses.sources.file import FilePhoto
from glasses.sources.photo import Photo
from glasses.sources.walk import SourceFile


@pytest.mark.parametrize(
    ("path", "folder", "within"),
    [
        ("/a/b", "/a", True),
        ("/a", "/a", True),
        ("/a/b", "/", True),
        ("/ab", "/a", False),
        ("/a", "/a/b", False),
        ("/", "/a", False),
    ],
)
def test_a_folder_contains_only_paths_below_it(path: str, folder: str, within: bool) -> None:
    assert is_within(path, folder) is within


def test_folders_are_split_and_normalized() -> None:
    assert split_folders(load_settings().read_folders) == ()
    found = load_settings(read_folders=os.pathsep.join(["/a/", " /b/../c ", "~/d"]))
    assert split_folders(found.read_folders) == ("/a", "/c", os.path.expanduser("~/d"))


def test_a_settings_file_may_have_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "glasses.toml").write_text('read_folders = ["/a", "/b"]')
    monkeypatch.setenv("GLASSES_CONFIG", str(tmp_path / "glasses.toml"))
    assert split_folders(load_settings().read_folders) == ("/a", "/b")


@pytest.mark.parametrize("text", ["photos", "/a:", "/a:b", "./a"])
def test_the_setting_accepts_only_absolute_folders(text: str) -> None:
    with pytest.raises(UsageError, match="should be absolute folders, separated by ':'"):
        load_settings(read_folders=text)


def test_a_linked_folder_contains_the_files_of_its_target(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert may_read(str(tmp_path / "real" / "a.jpg"), [str(tmp_path / "link")])


def worker(name: str, *allowed: str) -> WorkerInfo:
    return WorkerInfo(
        worker_id=name, processes=1, model="m", threshold=0.5, started=0, seen=0,
        read_folders=as_configured_and_resolved(os.pathsep.join(allowed)),
    )  # fmt: skip


def test_every_worker_must_be_able_to_read_every_path(tmp_path: Path) -> None:
    everywhere, here = worker("a:1", "/"), worker("b:2", "/nowhere", str(tmp_path))
    check([], ["/x"])
    check([everywhere, here], [str(tmp_path), str(tmp_path / "a.jpg")])
    told = f"the worker b:2 does not read /x, /y (it reads /nowhere, {tmp_path}). If"
    with pytest.raises(UsageError, match=re.escape(told)):
        check([everywhere, here], [str(tmp_path), "/x", "/y"])
    with pytest.raises(UsageError, match=r"c:3 does not read .* \(it reads no folder\)"):
        check([worker("c:3")], [str(tmp_path / "a.jpg")])


def test_the_folder_or_the_path_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for allowed, asked in (("real", "link"), ("link", "real")):
        check([worker("a:1", str(tmp_path / allowed))], [str(tmp_path / asked)])


def test_the_first_unreadable_photo_is_rejected_and_later_ones_fail_unsent(
    tmp_path: Path,
) -> None:
    def photos(*names: str) -> list[Photo]:
        return [FilePhoto(SourceFile(name, tmp_path / name), in_place=True) for name in names]

    workers = [worker("a:1", str(tmp_path / "in"))]
    with pytest.raises(UsageError, match="does not read"):
        next(replace_unreadable(workers, photos("out/a.jpg", "in/b.jpg")))
    kept, other = replace_unreadable(workers, photos("in/b.jpg", "out/a.jpg"))
    assert isinstance(kept, FilePhoto)
    assert other.examine(1).reason is FailureReason.OUT_OF_REACH
    assert other.image == "out/a.jpg"

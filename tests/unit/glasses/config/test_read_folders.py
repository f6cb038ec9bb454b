"""Which paths lie in which folders, and who is refused for it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.folders import both_ways, folders, is_within, may_read
from glasses.in_place import check, checked
from glasses.settings import load_settings
from glasses.sources.file import FilePhoto
from glasses.sources.photo import Photo
from glasses.statuses import FailureReason
from glasses.walk import Source
from glasses.workers import WorkerInfo


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
def test_a_folder_holds_what_is_below_it_only(path: str, folder: str, within: bool) -> None:
    assert is_within(path, folder) is within


def test_folders_are_told_apart_and_tidied() -> None:
    assert folders(load_settings().read_folders) == ()
    found = load_settings(read_folders=os.pathsep.join(["/a/", " /b/../c ", "~/d"]))
    assert folders(found.read_folders) == ("/a", "/c", os.path.expanduser("~/d"))


def test_a_file_of_settings_may_have_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "glasses.toml").write_text('read_folders = ["/a", "/b"]')
    monkeypatch.setenv("GLASSES_CONFIG", str(tmp_path / "glasses.toml"))
    assert folders(load_settings().read_folders) == ("/a", "/b")


@pytest.mark.parametrize("text", ["photos", "/a:", "/a:b", "./a"])
def test_the_setting_takes_absolute_folders_only(text: str) -> None:
    with pytest.raises(UsageError, match="should be absolute folders, ':' between them"):
        load_settings(read_folders=text)


def test_a_folder_that_is_a_link_holds_what_is_behind_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert may_read(str(tmp_path / "real" / "a.jpg"), [str(tmp_path / "link")])


def worker(name: str, *allowed: str) -> WorkerInfo:
    return WorkerInfo(
        worker_id=name, processes=1, model="m", threshold=0.5, started=0, seen=0,
        read_folders=both_ways(os.pathsep.join(allowed)),
    )  # fmt: skip


def test_every_worker_must_read_every_path(tmp_path: Path) -> None:
    everywhere, here = worker("a:1", "/"), worker("b:2", "/nowhere", str(tmp_path))
    check([], ["/x"])
    check([everywhere, here], [str(tmp_path), str(tmp_path / "a.jpg")])
    told = f"the worker b:2 does not read /x, /y (it reads /nowhere, {tmp_path}). If"
    with pytest.raises(UsageError, match=re.escape(told)):
        check([everywhere, here], [str(tmp_path), "/x", "/y"])
    with pytest.raises(UsageError, match=r"c:3 does not read .* \(it reads no folder\)"):
        check([worker("c:3")], [str(tmp_path / "a.jpg")])


def test_links_may_stand_on_either_side(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for allowed, asked in (("real", "link"), ("link", "real")):
        check([worker("a:1", str(tmp_path / allowed))], [str(tmp_path / asked)])


def test_of_a_list_the_first_photo_is_refused_and_a_later_one_fails_unsent(
    tmp_path: Path,
) -> None:
    def photos(*names: str) -> list[Photo]:
        return [FilePhoto(Source(name, tmp_path / name), in_place=True) for name in names]

    workers = [worker("a:1", str(tmp_path / "in"))]
    with pytest.raises(UsageError, match="does not read"):
        next(checked(workers, photos("out/a.jpg", "in/b.jpg")))
    kept, other = checked(workers, photos("in/b.jpg", "out/a.jpg"))
    assert isinstance(kept, FilePhoto)
    assert other.examine(1).reason is FailureReason.OUT_OF_REACH
    assert other.image == "out/a.jpg"

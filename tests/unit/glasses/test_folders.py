"""Which paths lie in which folders, and who is refused for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.folders import folders, is_within, may_read
from glasses.in_place import check
from glasses.settings import load_settings
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
    assert folders(None) == ()
    assert folders(os.pathsep.join(["/a/", "/b/../c"])) == ("/a", "/c")


@pytest.mark.parametrize("text", ["photos", "/a:", "/a:b", "~/photos"])
def test_the_setting_takes_absolute_folders_only(text: str) -> None:
    with pytest.raises(UsageError, match="should be absolute folders"):
        load_settings(read_folders=text)


def test_a_folder_that_is_a_link_holds_what_is_behind_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert may_read(str(tmp_path / "real" / "a.jpg"), [str(tmp_path / "link")])


def test_every_worker_must_read_every_path(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()

    def worker(name: str, *allowed: str) -> WorkerInfo:
        return WorkerInfo(
            worker_id=name, processes=1, model="m", threshold=0.5, started=0, seen=0,
            read_folders=allowed,
        )  # fmt: skip

    everywhere, here = worker("a:1", "/"), worker("b:2", "/nowhere", str(tmp_path))
    check([], ["/x"])
    check([everywhere, here], [str(tmp_path), str(tmp_path / "a.jpg")])
    with pytest.raises(UsageError, match=r"the worker b:2 does not read /x\. "):
        check([everywhere, here], [str(tmp_path), "/x"])
    with pytest.raises(UsageError, match=f"c:3 .*={tmp_path};"):
        check([worker("c:3")], [str(tmp_path / "a.jpg")])

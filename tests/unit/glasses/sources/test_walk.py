from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from glasses.errors import UsageError
from glasses.protocol.statuses import FailureReason
from glasses.sources.arguments import PhotoSelection
from glasses.sources.hashing import hash_file
from glasses.sources.walk import SORT_LOG, check, walk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for name in ("b.jpg", "a.jpg", "album/d.png", "album/c.jpg", "album/deep/e.jpg", "z.txt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def images(
    *arguments: str | Path, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> list[str]:
    return [found.image for found in walk([str(a) for a in arguments], include, exclude)]


def test_a_folder_is_searched_recursively_in_a_fixed_order(folder: Path) -> None:
    assert images(folder) == [
        "a.jpg", "b.jpg", "z.txt", "album/c.jpg", "album/d.png", "album/deep/e.jpg",
    ]  # fmt: skip


def test_the_image_is_the_path_relative_to_the_argument(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert images("album") == images("./album/") == images(folder / "album")
    assert images("album") == ["c.jpg", "d.png", "deep/e.jpg"]


@pytest.mark.parametrize("argument", ["./album/", "album//c.jpg", "./album/c.jpg", "album", "."])
def test_the_given_path_begins_as_the_argument_does(
    argument: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (found,) = walk([argument], ["c.jpg"])
    prefix = {".": "album/", "album": "album/"}.get(argument, argument)
    assert (found.given_path or str(found.path)) == prefix.removesuffix("c.jpg") + "c.jpg"


def test_paths_of_a_list_are_given_as_its_lines() -> None:
    assert [f.given_path for f in walk(["-"], stdin=["./a.jpg\n", "b//c.jpg"])] == [
        "./a.jpg", "b//c.jpg",
    ]  # fmt: skip


def test_a_file_with_an_absolute_path_is_otherwise_the_same(folder: Path) -> None:
    (found,) = walk([str(folder / "a.jpg")])
    assert found.absolute() == found
    assert found.absolute().named


def test_the_path_locates_the_file(folder: Path) -> None:
    assert all(found.path == folder / found.image for found in walk([str(folder)]))


def test_hidden_files_and_folders_are_skipped(folder: Path) -> None:
    before = images(folder)
    (folder / ".hidden.jpg").touch()
    (folder / "album" / ".cache").mkdir()
    (folder / "album" / ".cache" / "f.jpg").touch()
    assert images(folder) == before


def test_a_folder_of_sorted_photos_is_skipped_unless_named(folder: Path) -> None:
    before = images(folder)
    inner = folder / "sorted" / "with"
    inner.mkdir(parents=True)
    (inner / "copy.jpg").write_bytes(b"x")
    assert images(folder) == [*before, "sorted/with/copy.jpg"]
    (folder / "sorted" / SORT_LOG).touch()
    assert images(folder) == before
    assert images(folder / "sorted") == ["with/copy.jpg"]


def test_a_hidden_file_given_as_argument_is_included(folder: Path) -> None:
    (folder / ".hidden.jpg").touch()
    assert images(folder / ".hidden.jpg") == [".hidden.jpg"]


def test_include_selects_only_matching_names_or_paths(folder: Path) -> None:
    assert images(folder, include=["*.png", "album/c*"]) == ["album/c.jpg", "album/d.png"]


def test_exclude_skips_matching_names_or_paths(folder: Path) -> None:
    assert images(folder, exclude=["*.txt", "album/*"]) == ["a.jpg", "b.jpg"]


def test_exclude_takes_precedence_over_include(folder: Path) -> None:
    assert images(folder, include=["*.jpg"], exclude=["a.*"])[0] == "b.jpg"


def test_a_link_to_a_folder_is_not_followed(folder: Path) -> None:
    before = images(folder)
    (folder / "album" / "loop").symlink_to(folder, target_is_directory=True)
    assert images(folder) == before


def test_a_link_to_a_file_is_a_photo(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder / "a.jpg")
    assert "link.jpg" in images(folder)


@pytest.mark.parametrize("target", ["missing.jpg", "broken.jpg"])
def test_a_broken_link_is_included_so_that_it_fails_by_name(target: str, folder: Path) -> None:
    (folder / "broken.jpg").symlink_to(target)  # to nothing, and to itself
    assert "broken.jpg" in images(folder)
    assert images(folder / "broken.jpg") == ["broken.jpg"]


def test_a_link_to_a_folder_given_as_argument_is_searched(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    assert images(tmp_path / "link") == images(folder)


def test_folders_nested_deeper_than_the_recursion_limit_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    Path("a.jpg").touch()
    found = images(tmp_path)
    Path("a.jpg").unlink()
    for _ in range(1100):  # pytest's own clean-up recurses
        os.chdir("..")
        os.rmdir("d")
    assert found == ["d/" * 1100 + "a.jpg"]


def test_an_unreadable_folder_fails_by_name_and_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path is too long for the system, so that even root cannot read it."""
    (tmp_path / "z.jpg").touch()
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    Path("a.jpg").touch()
    everything = list(walk([str(tmp_path)]))
    some = list(walk([str(tmp_path)], include=["*.jpg"]))
    less = images(tmp_path, exclude=["d*/*"])
    Path("a.jpg").unlink()
    for _ in range(20):
        os.chdir("..")
        os.rmdir("d" * 250)
    photo, closed = everything
    assert (closed.closed, photo.closed) == (True, False)
    assert closed.image.startswith("ddd")
    assert not closed.image.endswith("/")
    assert photo.image == "z.jpg"
    assert some == everything
    assert less == ["z.jpg"]
    assert hash_file(closed, 1 << 20).reason == FailureReason.UNREADABLE


def test_links_to_folders_are_reported(folder: Path) -> None:
    told: list[str] = []
    settings = Settings()
    for name in ("first", "second"):
        list(PhotoSelection([str(folder)]).photos(settings, told.append))
        (folder / "album" / name).symlink_to(folder, target_is_directory=True)
    list(PhotoSelection([str(folder)]).photos(settings, told.append))
    album = folder / "album"
    assert told == [
        f"{album / 'first'} is a link to a folder and is not followed: "
        "pass it explicitly to include its photos",
        f"2 links to folders are not followed, {album / 'first'} the first: "
        "pass them explicitly to include their photos",
    ]


def test_a_glob_is_expanded_in_order(folder: Path) -> None:
    assert images(f"{folder}/*.jpg") == ["a.jpg", "b.jpg"]
    assert images(f"{folder}/album/*.p?g") == ["d.png"]


def test_a_recursive_glob_reaches_every_depth(folder: Path) -> None:
    argument = f"{folder}/**/*.jpg"
    check([argument])
    assert sorted(images(argument)) == ["a.jpg", "b.jpg", "c.jpg", "e.jpg"]
    check([f"{folder}/**/a.jpg"])  # at the top, where `**` stands for nothing
    check([f"{folder}/**/e.jpg"])  # two folders down


def test_a_file_whose_name_looks_like_a_glob_is_taken_literally(folder: Path) -> None:
    (folder / "a[1].jpg").touch()
    check([str(folder / "a[1].jpg")])
    assert images(folder / "a[1].jpg") == ["a[1].jpg"]


def test_a_list_on_stdin_is_read_line_by_line() -> None:
    lines = ["one.jpg\n", "\n", "two words.jpg\r\n", "/abs/three.jpg"]
    found = list(walk(["-"], stdin=lines))
    assert [source.image for source in found] == ["one.jpg", "two words.jpg", "/abs/three.jpg"]
    assert [str(source.path) for source in found] == [source.image for source in found]


def test_arguments_are_processed_in_order(folder: Path) -> None:
    assert images(folder / "z.txt", folder / "a.jpg") == ["z.txt", "a.jpg"]


@pytest.mark.parametrize("argument", ["missing", "missing*.jpg", "missing/**/x.jpg", ""])
def test_a_missing_argument_is_named(argument: str, folder: Path) -> None:
    with pytest.raises(UsageError, match="does not exist") as failure:
        check([str(folder), argument])
    assert argument in str(failure.value)
    if argument:
        with pytest.raises(UsageError, match="does not exist"):
            list(walk([argument]))


def test_no_argument_is_an_error() -> None:
    with pytest.raises(UsageError, match="at least one"):
        check([])


def test_stdin_is_not_searched_for_as_a_file() -> None:
    check(["-"])


@pytest.mark.parametrize("name", [b"new\nline.jpg", b"latin-\xe9.jpg", b"\xff\xfe", b"\x1b[2J.jpg"])
def test_any_name_that_the_file_system_allows_is_found(name: bytes, tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(b"x")
    (found,) = walk([str(tmp_path)])
    assert os.fsencode(found.image) == name
    assert found.path.read_bytes() == b"x"


PEAK = """
import sys, tracemalloc
from glasses.sources.walk import walk
for _ in walk([sys.argv[1]]):  # what the first walk imports is no file's cost
    pass
tracemalloc.start()
print(sum(1 for _ in walk([sys.argv[1]])), tracemalloc.get_traced_memory()[1])
"""


def test_a_large_folder_needs_memory_for_its_names_only(tmp_path: Path) -> None:
    count = 5_000
    for number in range(count):
        (tmp_path / f"{number:07d}.jpg").touch()
    # A process of its own: memory is traced of all threads, those of other tests as well.
    command = [sys.executable, "-c", PEAK, str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    found, peak = map(int, done.stdout.split())
    assert found == count
    assert peak / count < 120, "bytes a file"


@pytest.mark.parametrize("pattern", ["linked", "album/linked", "album/*", "album/linked/*"])
def test_an_excluded_link_to_a_folder_is_not_reported(pattern: str, folder: Path) -> None:
    (folder / "album" / "linked").symlink_to(folder, target_is_directory=True)
    told: list[Path] = []
    list(walk([str(folder)], exclude=["other", pattern], linked=told.append))
    assert told == []
    list(walk([str(folder)], include=["*.jpg"], exclude=["other"], linked=told.append))
    assert told == [folder / "album" / "linked"]


def test_a_deleted_working_directory_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="the current folder was deleted"):
        check(["."])
    check([str(tmp_path)])

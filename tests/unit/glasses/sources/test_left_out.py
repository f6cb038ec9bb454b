"""Files that are not photos are ignored and counted; what looks like a photo is never ignored."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from glasses.sources.arguments import PhotoSelection
from glasses.sources.left_out import LeftOut, kind_of
from glasses.sources.walk import SORT_LOG

JPEG = b"\xff\xd8\xff\xe0"
FILES = {
    "a.jpg": JPEG,
    "HOLIDAY.JPG": JPEG,
    "a photo without a suffix": JPEG,
    "a photo.txt": JPEG,
    "empty.jpg": b"",
    "page.jpg": b"<html>404</html>",
    "unknown format.jxl": b"\xff\x0a",
    "a.xmp": b"<x:xmpmeta/>",
    "a.jpg.json": b"{}",
    "IMG_1.MOV": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    "b.mov": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    "album.zip": b"PK\x03\x04",
    "empty": b"",
    "prices.txt": b"BMW and others",
}
PHOTOS = [
    "HOLIDAY.JPG", "a photo without a suffix", "a photo.txt", "a.jpg", "empty.jpg", "page.jpg",
    "unknown format.jxl",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


def found(*arguments: str | Path, left_out: LeftOut | None = None, **options: object) -> list[str]:
    selection = PhotoSelection([str(each) for each in arguments], **options)  # type: ignore[arg-type]
    return [photo.image for photo in selection.photos(Settings(), left_out=left_out)]


def test_a_file_is_ignored_if_neither_its_name_nor_its_content_is_a_photos(folder: Path) -> None:
    ignored: list[str] = []
    left_out = LeftOut(on_ignored=ignored.append)
    assert found(folder, left_out=left_out) == PHOTOS
    assert left_out.ignored == {
        "mov": 2, "json": 1, "no suffix": 1, "txt": 1, "xmp": 1, "zip": 1,
    }  # fmt: skip
    assert sorted(ignored) == sorted(str(folder / name) for name in FILES.keys() - set(PHOTOS))
    assert not left_out.skipped
    assert left_out.filtered == 0


def test_strict_ignores_nothing(folder: Path) -> None:
    assert found(folder, strict=True) == sorted(FILES)


def test_a_named_file_is_never_ignored(folder: Path) -> None:
    named = [str(folder / name) for name in ("a.xmp", "album.zip.txt", "IMG_1.MOV")]
    Path(named[1]).write_bytes(b"no archive")
    names = [Path(name).name for name in named]
    assert found(*named) == names
    assert found("-", stdin=named) == found(file_list=named) == named


def test_a_match_of_a_glob_is_not_named(folder: Path) -> None:
    (folder / "album.zip").unlink()  # an archive that matches is opened
    system = folder / "@eaDir"
    system.mkdir()
    (system / "thumb.jpg").write_bytes(JPEG)
    left_out = LeftOut()
    assert found(f"{folder}/**/*", left_out=left_out) == PHOTOS
    assert left_out.ignored.total() == len(FILES) - len(PHOTOS) - 1  # without the zip
    assert left_out.skipped == {"@eaDir": 2}
    assert found(f"{folder}/@eaDir/*") == ["thumb.jpg"]


def test_pipes_and_sockets_are_ignored_and_what_cannot_be_read_is_not(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "dangling").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # the address of a socket is short
        server.bind("socket")
        os.chdir(here)
        assert found(tmp_path) == ["dangling", "pipe.jpg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_not_ignored(tmp_path: Path) -> None:
    (tmp_path / "closed").write_bytes(b"no photo")
    (tmp_path / "closed").chmod(0)
    assert found(tmp_path) == ["closed"]


SYSTEM = ["@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg", "__MACOSX/a.jpg", "#recycle/a.jpg",
          "$RECYCLE.BIN/a.jpg", "sub/@EADIR/a.jpg", "sub/.thumbnails/a.jpg", ".AppleDouble/a.jpg",
          "SYNOPHOTO_THUMB_M.jpg", "Thumbs.db", "sub/desktop.ini", "._a.jpg"]  # fmt: skip


def test_items_of_systems_are_skipped_as_hidden_ones_are_and_counted(tmp_path: Path) -> None:
    for name in [*SYSTEM, "sorted/with/a.jpg", f"sorted/{SORT_LOG}", "sub/a.jpg"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG)
    left_out = LeftOut()
    assert found(tmp_path, left_out=left_out, strict=True) == ["sub/a.jpg"]
    assert left_out.skipped == {
        "hidden": 3, "@eaDir": 2, "__MACOSX": 1, "#recycle": 1, "$RECYCLE.BIN": 1,
        "Synology thumbnail": 1, "Thumbs.db": 1, "desktop.ini": 1, "sorted folder": 1,
    }  # fmt: skip
    assert found(tmp_path / "@eaDir" / "a.jpg" / "SYNOPHOTO_THUMB_XL.jpg") == [
        "SYNOPHOTO_THUMB_XL.jpg"
    ]
    assert found(tmp_path / "#recycle", tmp_path / ".AppleDouble") == ["a.jpg", "a.jpg"]


JPEGS = ["HOLIDAY.JPG", "a.jpg", "empty.jpg", "page.jpg"]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["*.jpg"], [], JPEGS),
        (["*.JPG"], [], JPEGS),
        (["*.JpG"], ["holi*", "PAGE.*"], ["a.jpg", "empty.jpg"]),
        (["[A-H]*.jpg"], [], ["HOLIDAY.JPG", "a.jpg", "empty.jpg"]),
    ],
)
def test_filters_ignore_case_in_folders_lists_and_stdin_and_count_what_they_leave_out(
    include: list[str], exclude: list[str], expected: list[str], folder: Path
) -> None:
    (folder / "album.zip").unlink()  # an archive among the arguments is opened
    names = sorted(str(path) for path in folder.iterdir())
    for arguments, options in (
        ([folder], {}),
        ([], {"file_list": names}),
        (["-"], {"stdin": names}),
        (names, {}),
    ):
        left_out = LeftOut()
        images = found(
            *arguments, left_out=left_out, include=include, exclude=exclude, **options
        )  # fmt: skip
        assert [Path(image).name for image in images] == expected
        assert left_out.filtered == len(names) - len(expected)
        assert not left_out.ignored


def test_the_number_of_kinds_is_bounded(tmp_path: Path) -> None:
    for number in range(120):
        (tmp_path / f"a.{number:03d}").write_bytes(b"x")
    left_out = LeftOut()
    assert found(tmp_path, left_out=left_out) == []
    assert len(left_out.ignored) == 101
    assert left_out.ignored.total() == 120
    names = ["a.XMP", "a.tar.gz", "README", ".bashrc", "a.\x1b[31m", "a.ünï", "a.b c", "a." * 60]
    assert [kind_of(name) for name in names] == [
        "xmp", "gz", "no suffix", "no suffix", "other", "other", "other", "no suffix",
    ]  # fmt: skip

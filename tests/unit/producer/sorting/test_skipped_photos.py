"""Photos that cannot be transferred, or changed since, are named and left in place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.config.regular_file import open_regular
from glasses.protocol.photo_result import PhotoResult
from glasses.sources.walk import SourceFile, walk
from producer.sorting import TransferMode
from producer.sorting.transfer import ChangedError, _blocks
from tests.support.sorting import JPEG, classified, dry_run, run, tree


@pytest.mark.parametrize("how", TransferMode)
def test_a_dry_run_skips_photos_that_cannot_be_transferred(
    how: TransferMode, into: Path, tmp_path: Path
) -> None:
    collection = tmp_path / "collection"
    collection.mkdir()
    (collection / "link to nothing.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "photo.jpg").write_bytes(JPEG)
    (collection / "link.jpg").symlink_to(tmp_path / "photo.jpg")
    photos = [classified(source, 0.95) for source in walk([str(collection)])]
    dry = dry_run(photos, into, how)
    assert dry == run(photos, into, how)
    left = {
        TransferMode.COPY: 1,
        TransferMode.MOVE: 2,
        TransferMode.HARDLINK: 1,
        TransferMode.SYMLINK: 0,
    }
    assert len(dry.left) == left[how]


@pytest.mark.parametrize("how", TransferMode)
@pytest.mark.parametrize("dry", [False, True])
def test_a_pipe_is_named_and_skipped(
    how: TransferMode, dry: bool, into: Path, tmp_path: Path
) -> None:
    (tmp_path / "collection").mkdir()
    os.mkfifo(tmp_path / "collection/pipe.jpg")
    collection = [classified(s, None) for s in walk([str(tmp_path / "collection")])]
    done = dry_run(collection, into, how) if dry else run(collection, into, how)
    assert done.left == [("pipe.jpg", "is not a regular file")]
    assert (tmp_path / "collection/pipe.jpg").is_fifo()
    assert not into.exists()


@pytest.mark.parametrize("how", TransferMode)
def test_an_unreadable_folder_is_left_in_place(
    how: TransferMode, into: Path, tmp_path: Path
) -> None:
    closed = tmp_path / "collection/closed"
    closed.mkdir(parents=True)
    (closed / "a.jpg").touch()
    collection = [classified(SourceFile("closed", closed, closed=True), None)]
    assert run(collection, into, how).left == [("closed", "a folder that could not be read")]
    assert (closed / "a.jpg").exists()
    assert not into.exists()


def test_a_link_among_the_photos_is_copied_but_not_moved(tmp_path: Path, into: Path) -> None:
    (tmp_path / "collection").mkdir()
    (tmp_path / "original").write_bytes(JPEG)
    (tmp_path / "collection/a.jpg").symlink_to("../original")
    collection = [classified(s, 0.99) for s in walk([str(tmp_path / "collection")])]
    ((image, why),) = run(collection, into, TransferMode.MOVE).left
    assert (image, "--copy" in why) == ("a.jpg", True)
    assert run(collection, into, TransferMode.COPY).left == []
    assert tree(into) == {"with/a.jpg": JPEG}


def test_a_missing_or_changed_photo_is_named_and_skipped(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    (tmp_path / "collection/with.jpg").unlink()
    (tmp_path / "collection/cat.jpg").write_bytes(JPEG + b"a dog")
    (tmp_path / "collection/notes.txt").write_bytes(JPEG + b"a photo now")
    done = run(photos, into, TransferMode.MOVE)
    assert dict(done.left) == {
        "with.jpg": "missing",
        "cat.jpg": "changed since it was classified",
        "notes.txt": "changed since it was classified",
    }
    assert (tmp_path / "collection/cat.jpg").read_bytes() == JPEG + b"a dog"
    assert sorted(tree(into)) == ["unsure/unsure.jpg", "with/album/with.jpg", "without/without.jpg"]


def test_a_photo_without_a_known_path_asks_for_its_folder(
    photos: list[PhotoResult], into: Path
) -> None:
    entry = photos[0].entry.model_copy(update={"path": None})
    done = run([PhotoResult(entry, photos[0].verdict)], into)
    assert "--from" in done.left[0][1]


@pytest.mark.parametrize("dry", [False, True])
def test_a_file_larger_than_the_disk_is_not_copied(dry: bool, into: Path, tmp_path: Path) -> None:
    (tmp_path / "collection").mkdir()
    (tmp_path / "collection/sparse.jpg").touch()
    os.truncate(tmp_path / "collection/sparse.jpg", 1 << 43)
    collection = [classified(s, None) for s in walk([str(tmp_path / "collection")])]
    done = (
        dry_run(collection, into, TransferMode.COPY)
        if dry
        else run(collection, into, TransferMode.COPY)
    )
    assert done.left == [("sparse.jpg", "No space left on device")]
    assert tree(into) == {}


def test_a_file_that_grows_during_the_copy_counts_as_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(3 << 20))
    with open_regular(path) as file:
        blocks = _blocks(file)
        next(blocks)
        with path.open("ab") as more:
            more.write(b"more")
        with pytest.raises(ChangedError):
            list(blocks)


@pytest.mark.parametrize("name", ["a\0b.jpg", "\ud800.jpg"], ids=ascii)
@pytest.mark.parametrize("how", TransferMode)
def test_a_photo_with_an_impossible_name_is_skipped(
    how: TransferMode, name: str, into: Path, tmp_path: Path
) -> None:
    (tmp_path / "collection").mkdir()
    (tmp_path / "collection/a.jpg").write_bytes(JPEG)
    (source,) = walk([str(tmp_path / "collection")])
    forged = classified(SourceFile(name, source.path), 0.95)
    assert run([forged], into, how).left == [(name, "not a valid file name")]

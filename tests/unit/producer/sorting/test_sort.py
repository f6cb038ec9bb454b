"""Sorting overwrites and loses nothing, and every run can be resumed and undone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.protocol.groups import Group, UnsureBand, group_of
from glasses.protocol.photo_result import PhotoResult
from glasses.sources.walk import SORT_LOG, SourceFile, walk
from producer.sorting import TransferMode, Transfers, undo
from producer.sorting.sort_log import SortLogEntry, open_log, read_log
from producer.sorting.transfer import transfer
from tests.support.sorting import JOB, JPEG, WANTED, classified, contents, dry_run, run, sort, tree


@pytest.mark.parametrize("how", TransferMode)
def test_every_photo_is_in_its_folder_and_undo_restores_the_original_state(
    how: TransferMode, photos: list[PhotoResult], into: Path
) -> None:
    before = dict(contents(photos))
    done = run(photos, into, how)
    assert sorted(tree(into)) == sorted(WANTED)
    assert sum(done.groups.values()) == 6
    assert (done.groups[Group.WITH], done.left) == (2, [])
    assert tree(into)["with/with.jpg"] == JPEG + b"with.jpg"
    for source in before:
        assert os.path.exists(source) is (how is not TransferMode.MOVE)
    with open_log(into) as log:
        undone = undo(log, into, JOB)
    assert (undone.count, undone.left) == (6, [])
    assert dict(contents(photos)) == before
    assert list(into.iterdir()) == []  # folders and log are gone, too


def test_hard_links_share_the_file_and_symbolic_links_point_to_it(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    run(photos, into, TransferMode.HARDLINK)
    assert os.path.samefile(into / "with/with.jpg", tmp_path / "collection/with.jpg")
    run(photos, tmp_path / "links", TransferMode.SYMLINK)
    assert os.readlink(tmp_path / "links/with/with.jpg") == str(tmp_path / "collection/with.jpg")


@pytest.mark.parametrize("how", TransferMode)
def test_a_second_run_transfers_only_missing_photos(
    how: TransferMode, photos: list[PhotoResult], into: Path
) -> None:
    run(photos[:2], into, how)
    again = run(photos, into, how)
    assert (again.already_sorted, sum(again.groups.values()), again.left) == (2, 4, [])
    third = run(photos, into, how)
    assert (third.already_sorted, sum(third.groups.values()), third.left) == (6, 0, [])
    assert sorted(tree(into)) == sorted(WANTED)


def test_existing_files_are_never_overwritten(photos: list[PhotoResult], into: Path) -> None:
    (into / "with").mkdir(parents=True)
    (into / "with/with.jpg").write_bytes(b"mine")
    run(photos, into)
    assert tree(into)["with/with.jpg"] == b"mine"
    assert tree(into)["with/with (2).jpg"] == JPEG + b"with.jpg"
    with open_log(into) as log:
        undo(log, into, JOB)
    assert tree(into) == {"with/with.jpg": b"mine"}


@pytest.mark.parametrize("how", TransferMode)
def test_transfer_rejects_an_existing_target(how: TransferMode, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "taken").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        transfer(how, tmp_path / "source", tmp_path / "taken", None)
    assert tree(tmp_path) == {"source": b"new", "taken": b"old"}


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def test_without_hard_links_files_are_copied_and_nothing_is_overwritten(
    photos: list[PhotoResult], into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (into / "with").mkdir(parents=True)
    (into / "with/with.jpg").write_bytes(b"mine")
    before = dict(contents(photos))
    monkeypatch.setattr(os, "link", no_links)
    done = run(photos, into, TransferMode.HARDLINK)
    assert len(done.left) == 6
    assert all("--copy" in why for _, why in done.left)
    done = run(photos, into, TransferMode.MOVE)
    assert (done.left, sum(done.groups.values())) == ([], 6)
    assert tree(into)["with/with.jpg"] == b"mine"
    assert not any(os.path.exists(source) for source in before)
    (into / "taken").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        transfer(TransferMode.COPY, into / "with/with.jpg", into / "taken", None)
    (into / "taken").unlink()
    with open_log(into) as log:
        undo(log, into, JOB)
    assert dict(contents(photos)) == before
    assert tree(into) == {"with/with.jpg": b"mine"}


def test_equal_names_from_two_folders_are_kept_apart(tmp_path: Path, into: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jpg").write_bytes(JPEG + folder.encode())
    collection = [classified(s, 0.99) for s in walk([str(tmp_path / "one"), str(tmp_path / "two")])]
    run(collection, into)
    assert tree(into) == {"with/a.jpg": JPEG + b"one", "with/a (2).jpg": JPEG + b"two"}
    assert run(collection, into).already_sorted == 2


@pytest.mark.parametrize("how", TransferMode)
def test_a_file_that_is_in_the_job_twice_is_sorted_once(
    how: TransferMode, tmp_path: Path, into: Path
) -> None:
    collection = tmp_path / "collection"
    (collection / "sub").mkdir(parents=True)
    for name in ("a.jpg", "sub/b.jpg"):
        (collection / name).write_bytes(JPEG + name.encode())
    (collection / "sub/empty.jpg").touch()
    sources = [*walk([str(collection)]), *walk([str(collection / "sub")])]
    photos = [classified(source, 0.99) for source in sources]
    dry, done = dry_run(photos, into, how), run(photos, into, how)
    assert dry == done
    assert (done.groups.total(), done.already_sorted, done.repeated, done.left) == (3, 0, 2, [])
    assert sorted(tree(into)) == ["failed/sub/empty.jpg", "with/a.jpg", "with/sub/b.jpg"]
    again = run(photos, into, how)
    assert (again.groups.total(), again.already_sorted, again.repeated) == (0, 3, 2)
    assert dry_run(photos, into, how) == again


def test_another_photo_with_the_same_path_is_not_a_repeat(tmp_path: Path, into: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG + b"one")
    one = classified(SourceFile("a.jpg", tmp_path / "a.jpg"), 0.99)
    (tmp_path / "a.jpg").write_bytes(JPEG + b"two")
    two = classified(SourceFile("a.jpg", tmp_path / "a.jpg"), 0.99)
    for already in (0, 1):
        done = run([two, one], into)
        assert (done.already_sorted, done.repeated, done.left) == (
            already, 0, [("a.jpg", "changed since it was classified")],
        )  # fmt: skip


def test_a_dry_run_reports_everything_and_changes_nothing(
    photos: list[PhotoResult], into: Path
) -> None:
    told: list[str] = []
    transfers = Transfers(
        JOB, into, TransferMode.MOVE, None, read_log(into),
        lambda _source, to: told.append(to.relative_to(into).as_posix()),
    )  # fmt: skip
    sort(photos, transfers)
    assert sorted(told) == sorted(WANTED)
    assert not into.exists()


def test_a_run_killed_between_log_and_move_is_resumed(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    collection = tmp_path / "collection"
    with open_log(into) as log:
        for name in ("with.jpg", "cat.jpg"):
            photo = next(p for p in photos if p.verdict.image == name)
            to = f"{group_of(photo.verdict, UnsureBand())}/{name}"
            log.add(
                SortLogEntry(JOB, TransferMode.MOVE, str(collection / name), to, photo.entry.sha256)
            )
    # One was written down only; of the other both names are there.
    (into / "no-face").mkdir()
    os.link(collection / "cat.jpg", into / "no-face/cat.jpg")
    with (into / SORT_LOG).open("a") as file:
        file.write('{"job_id": "abcd23')
    done = run(photos, into, TransferMode.MOVE)
    assert (done.already_sorted, done.left) == (1, [])
    assert sorted(tree(into)) == sorted(WANTED)
    assert tree(collection) == {}


def test_concurrent_runs_are_rejected(into: Path) -> None:
    with open_log(into), pytest.raises(UsageError, match="another run"), open_log(into):
        pass


@pytest.mark.parametrize("image", ["../../a.jpg", "/etc/a.jpg", "a/../../../a.jpg", ".."])
def test_no_name_escapes_the_target_folder(image: str, tmp_path: Path, into: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG)
    photo = classified(SourceFile(image, tmp_path / "a.jpg"), 0.99)
    run([photo], into)
    ((place, data),) = tree(into).items()
    assert place.startswith("with/")
    assert data == JPEG


def test_moved_photos_are_found(photos: list[PhotoResult], tmp_path: Path) -> None:
    (tmp_path / "collection").rename(tmp_path / "moved")
    assert all((photo.source(tmp_path / "moved") or tmp_path).is_file() for photo in photos)

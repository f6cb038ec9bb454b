"""Sorting judged photos: nothing is overwritten or lost, and every run can go on or be undone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.groups import Band, Group, group_of
from glasses.judged import Judged
from glasses.sorting import How, Sorter, undo
from glasses.sorting.log import Entry, opened, peek
from glasses.sorting.transfer import transfer
from glasses.walk import SORT_LOG, Source, walk
from tests.support.sorting import JOB, JPEG, LIMIT, WANTED, contents, dry_run, judged, run, tree


@pytest.mark.parametrize("how", How)
def test_every_photo_is_in_its_folder_and_undo_restores_what_was(
    how: How, photos: list[Judged], into: Path
) -> None:
    before = dict(contents(photos))
    done = run(photos, into, how)
    assert sorted(tree(into)) == sorted(WANTED)
    assert sum(done.groups.values()) == 6
    assert (done.groups[Group.WITH], done.left) == (2, [])
    assert tree(into)["with/with.jpg"] == JPEG + b"with.jpg"
    for source in before:
        assert os.path.exists(source) is (how is not How.MOVE)
    with opened(into) as log:
        undone = undo(log, into, JOB)
    assert (undone.count, undone.left) == (6, [])
    assert dict(contents(photos)) == before
    assert list(into.iterdir()) == []  # folders and log are gone, too


def test_hard_links_need_no_space_and_soft_ones_point_at_the_source(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    run(photos, into, How.HARDLINK)
    assert os.path.samefile(into / "with/with.jpg", tmp_path / "pile/with.jpg")
    run(photos, tmp_path / "links", How.SYMLINK)
    assert os.readlink(tmp_path / "links/with/with.jpg") == str(tmp_path / "pile/with.jpg")


@pytest.mark.parametrize("how", How)
def test_second_run_does_only_what_lacks(how: How, photos: list[Judged], into: Path) -> None:
    run(photos[:2], into, how)
    again = run(photos, into, how)
    assert (again.already, sum(again.groups.values()), again.left) == (2, 4, [])
    third = run(photos, into, how)
    assert (third.already, sum(third.groups.values()), third.left) == (6, 0, [])
    assert sorted(tree(into)) == sorted(WANTED)


def test_what_is_there_already_is_never_overwritten(photos: list[Judged], into: Path) -> None:
    (into / "with").mkdir(parents=True)
    (into / "with/with.jpg").write_bytes(b"mine")
    run(photos, into)
    assert tree(into)["with/with.jpg"] == b"mine"
    assert tree(into)["with/with (2).jpg"] == JPEG + b"with.jpg"
    with opened(into) as log:
        undo(log, into, JOB)
    assert tree(into) == {"with/with.jpg": b"mine"}


@pytest.mark.parametrize("how", How)
def test_transfer_refuses_a_taken_name(how: How, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "taken").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        transfer(how, tmp_path / "source", tmp_path / "taken", None)
    assert tree(tmp_path) == {"source": b"new", "taken": b"old"}


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def test_without_hard_links_files_are_copied_and_nothing_is_overwritten(
    photos: list[Judged], into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (into / "with").mkdir(parents=True)
    (into / "with/with.jpg").write_bytes(b"mine")
    before = dict(contents(photos))
    monkeypatch.setattr(os, "link", no_links)
    done = run(photos, into, How.HARDLINK)
    assert len(done.left) == 6
    assert all("--copy" in why for _, why in done.left)
    done = run(photos, into, How.MOVE)
    assert (done.left, sum(done.groups.values())) == ([], 6)
    assert tree(into)["with/with.jpg"] == b"mine"
    assert not any(os.path.exists(source) for source in before)
    (into / "taken").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        transfer(How.COPY, into / "with/with.jpg", into / "taken", None)
    (into / "taken").unlink()
    with opened(into) as log:
        undo(log, into, JOB)
    assert dict(contents(photos)) == before
    assert tree(into) == {"with/with.jpg": b"mine"}


def test_equal_names_from_two_folders_stay_apart(tmp_path: Path, into: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jpg").write_bytes(JPEG + folder.encode())
    pile = [judged(s, 0.99) for s in walk([str(tmp_path / "one"), str(tmp_path / "two")])]
    run(pile, into)
    assert tree(into) == {"with/a.jpg": JPEG + b"one", "with/a (2).jpg": JPEG + b"two"}
    assert run(pile, into).already == 2


@pytest.mark.parametrize("how", How)
def test_file_that_is_in_the_job_twice_is_sorted_once(how: How, tmp_path: Path, into: Path) -> None:
    pile = tmp_path / "pile"
    (pile / "sub").mkdir(parents=True)
    for name in ("a.jpg", "sub/b.jpg"):
        (pile / name).write_bytes(JPEG + name.encode())
    (pile / "sub/empty.jpg").touch()
    sources = [*walk([str(pile)]), *walk([str(pile / "sub")])]
    photos = [judged(source, 0.99) for source in sources]
    dry, done = dry_run(photos, into, how), run(photos, into, how)
    assert dry == done
    assert (done.groups.total(), done.already, done.repeated, done.left) == (3, 0, 2, [])
    assert sorted(tree(into)) == ["failed/sub/empty.jpg", "with/a.jpg", "with/sub/b.jpg"]
    again = run(photos, into, how)
    assert (again.groups.total(), again.already, again.repeated) == (0, 3, 2)
    assert dry_run(photos, into, how) == again


def test_another_photo_of_the_same_place_is_no_repeat(tmp_path: Path, into: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG + b"one")
    one = judged(Source("a.jpg", tmp_path / "a.jpg"), 0.99)
    (tmp_path / "a.jpg").write_bytes(JPEG + b"two")
    two = judged(Source("a.jpg", tmp_path / "a.jpg"), 0.99)
    for already in (0, 1):
        done = run([two, one], into)
        assert (done.already, done.repeated, done.left) == (
            already, 0, [("a.jpg", "has changed since it was judged")],
        )  # fmt: skip


def test_dry_run_tells_all_and_touches_nothing(photos: list[Judged], into: Path) -> None:
    told: list[str] = []
    sorter = Sorter(
        JOB, into, How.MOVE, Band(), LIMIT, None, peek(into),
        lambda _source, to: told.append(to.relative_to(into).as_posix()),
    )  # fmt: skip
    for photo in photos:
        sorter.put(photo, photo.source())
    assert sorted(told) == sorted(WANTED)
    assert not into.exists()


def test_run_that_was_killed_between_log_and_move_goes_on(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    pile = tmp_path / "pile"
    with opened(into) as log:
        for name in ("with.jpg", "cat.jpg"):
            photo = next(p for p in photos if p.verdict.image == name)
            to = f"{group_of(photo.verdict, Band())}/{name}"
            log.add(Entry(JOB, How.MOVE, str(pile / name), to, photo.entry.sha256))
    # One was written down only; of the other both names are there.
    (into / "no-face").mkdir()
    os.link(pile / "cat.jpg", into / "no-face/cat.jpg")
    with (into / SORT_LOG).open("a") as file:
        file.write('{"job_id": "abcd23')
    done = run(photos, into, How.MOVE)
    assert (done.already, done.left) == (1, [])
    assert sorted(tree(into)) == sorted(WANTED)
    assert tree(pile) == {}


def test_two_runs_at_once_are_refused(into: Path) -> None:
    with opened(into), pytest.raises(UsageError, match="another run"), opened(into):
        pass


@pytest.mark.parametrize("image", ["../../a.jpg", "/etc/a.jpg", "a/../../../a.jpg", ".."])
def test_no_name_leads_out_of_the_folder(image: str, tmp_path: Path, into: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG)
    photo = judged(Source(image, tmp_path / "a.jpg"), 0.99)
    run([photo], into)
    ((place, data),) = tree(into).items()
    assert place.startswith("with/")
    assert data == JPEG


def test_photos_that_lie_elsewhere_now_are_found(photos: list[Judged], tmp_path: Path) -> None:
    (tmp_path / "pile").rename(tmp_path / "moved")
    assert all((photo.source(tmp_path / "moved") or tmp_path).is_file() for photo in photos)

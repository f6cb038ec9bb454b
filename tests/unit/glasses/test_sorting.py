"""Sorting judged photos: nothing is overwritten or lost, and every run can go on or be undone."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.examine import examine
from glasses.groups import Band, Group, group_of
from glasses.judged import Judged
from glasses.outcome import Box, Face, Outcome
from glasses.sorting import How, Sorted, Sorter, undo
from glasses.sorting.log import Entry, opened, peek
from glasses.sorting.transfer import transfer
from glasses.statuses import FailureReason, PhotoStatus
from glasses.verdict import Rule, verdict
from glasses.walk import SORT_LOG, Source, walk

JOB = "abcd2345"
LIMIT = 1 << 20
JPEG = b"\xff\xd8\xff"
RULE = Rule(model="m@1", threshold=0.5)


def outcome(probability: float | None) -> Outcome:
    if probability is None:
        return Outcome(status=PhotoStatus.NO_FACE)
    face = Face(
        box=Box(left=0, top=0, width=9, height=9), detection_score=1, probability=probability
    )
    return Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,))


def judged(source: Source, probability: float | None) -> Judged:
    entry = examine(source, LIMIT).model_copy(update={"path": os.path.abspath(source.path)})
    found = Outcome.failed(entry.reason) if entry.reason else outcome(probability)
    return Judged(entry, verdict(entry.image, entry.sha256, found, RULE))


PROBABILITIES = {"with": 0.95, "without": 0.01, "unsure": 0.6, "cat": None}


@pytest.fixture
def photos(tmp_path: Path) -> list[Judged]:
    """Four judged photos and a failed one, two of them of one name."""
    pile = tmp_path / "pile"
    (pile / "album").mkdir(parents=True)
    for name in ("with.jpg", "album/with.jpg", "without.jpg", "unsure.jpg", "cat.jpg"):
        (pile / name).write_bytes(JPEG + name.encode())
    (pile / "notes.txt").write_bytes(b"no photo")
    return [judged(s, PROBABILITIES.get(s.path.stem)) for s in walk([str(pile)])]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "sorted"


def run(photos: list[Judged], into: Path, how: How = How.COPY) -> Sorted:
    with opened(into) as log:
        sorter = Sorter(JOB, into, how, Band(), LIMIT, log)
        for photo in photos:
            sorter.put(photo, photo.source())
    return sorter.done


def dry_run(photos: list[Judged], into: Path, how: How = How.COPY) -> Sorted:
    sorter = Sorter(JOB, into, how, Band(), LIMIT, None, peek(into))
    for photo in photos:
        sorter.put(photo, photo.source())
    return sorter.done


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != SORT_LOG
    }


def contents(photos: list[Judged]) -> Iterator[tuple[str, bytes]]:
    for photo in photos:
        source = photo.source()
        assert source
        yield str(source), source.read_bytes()


WANTED = [
    "failed/notes.txt", "no-face/cat.jpg", "unsure/unsure.jpg", "with/album/with.jpg",
    "with/with.jpg", "without/without.jpg",
]  # fmt: skip


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
def test_dry_run_leaves_alone_what_cannot_be_brought(how: How, into: Path, tmp_path: Path) -> None:
    pile = tmp_path / "pile"
    pile.mkdir()
    (pile / "link to nothing.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "photo.jpg").write_bytes(JPEG)
    (pile / "link.jpg").symlink_to(tmp_path / "photo.jpg")
    photos = [judged(source, 0.95) for source in walk([str(pile)])]
    dry = dry_run(photos, into, how)
    assert dry == run(photos, into, how)
    left = {How.COPY: 1, How.MOVE: 2, How.HARDLINK: 1, How.SYMLINK: 0}
    assert len(dry.left) == left[how]


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("dry", [False, True])
def test_pipe_is_named_and_left_alone(how: How, dry: bool, into: Path, tmp_path: Path) -> None:
    (tmp_path / "pile").mkdir()
    os.mkfifo(tmp_path / "pile/pipe.jpg")
    pile = [judged(s, None) for s in walk([str(tmp_path / "pile")])]
    done = dry_run(pile, into, how) if dry else run(pile, into, how)
    assert done.left == [("pipe.jpg", "is no regular file")]
    assert (tmp_path / "pile/pipe.jpg").is_fifo()
    assert not into.exists()


@pytest.mark.parametrize("how", How)
def test_a_folder_that_could_not_be_read_stays_where_it_is(
    how: How, into: Path, tmp_path: Path
) -> None:
    closed = tmp_path / "pile/closed"
    closed.mkdir(parents=True)
    (closed / "a.jpg").touch()
    pile = [judged(Source("closed", closed, closed=True), None)]
    assert run(pile, into, how).left == [("closed", "is a folder that could not be read")]
    assert (closed / "a.jpg").exists()
    assert not into.exists()


def test_undo_leaves_alone_what_became_a_pipe(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    run(photos, into)
    run(photos, tmp_path / "moved", How.MOVE)
    for path in (into / "with/with.jpg", tmp_path / "pile/cat.jpg"):
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    with opened(into) as log:
        assert ("with/with.jpg", "is no regular file") in undo(log, into, JOB).left
    with opened(tmp_path / "moved") as log:
        why = dict(undo(log, tmp_path / "moved", JOB).left)["no-face/cat.jpg"]
    assert why == f"something else is at {tmp_path / 'pile/cat.jpg'} now"


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


def test_link_among_the_photos_is_copied_but_not_moved(tmp_path: Path, into: Path) -> None:
    (tmp_path / "pile").mkdir()
    (tmp_path / "original").write_bytes(JPEG)
    (tmp_path / "pile/a.jpg").symlink_to("../original")
    pile = [judged(s, 0.99) for s in walk([str(tmp_path / "pile")])]
    ((image, why),) = run(pile, into, How.MOVE).left
    assert (image, "--copy" in why) == ("a.jpg", True)
    assert run(pile, into, How.COPY).left == []
    assert tree(into) == {"with/a.jpg": JPEG}


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


def test_photo_that_is_gone_or_changed_is_named_and_left_alone(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    (tmp_path / "pile/with.jpg").unlink()
    (tmp_path / "pile/cat.jpg").write_bytes(JPEG + b"a dog")
    (tmp_path / "pile/notes.txt").write_bytes(JPEG + b"a photo now")
    done = run(photos, into, How.MOVE)
    assert dict(done.left) == {
        "with.jpg": "is gone",
        "cat.jpg": "has changed since it was judged",
        "notes.txt": "has changed since it was judged",
    }
    assert (tmp_path / "pile/cat.jpg").read_bytes() == JPEG + b"a dog"
    assert sorted(tree(into)) == ["unsure/unsure.jpg", "with/album/with.jpg", "without/without.jpg"]


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


def test_undo_leaves_alone_what_somebody_changed_or_what_is_the_last_copy(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    run(photos, into)
    (into / "with/with.jpg").write_bytes(b"edited")
    (tmp_path / "pile/cat.jpg").unlink()
    with opened(into) as log:
        undone = undo(log, into, JOB)
    assert undone.count == 4
    assert {place for place, _ in undone.left} == {"with/with.jpg", "no-face/cat.jpg"}
    assert tree(into) == {"no-face/cat.jpg": JPEG + b"cat.jpg", "with/with.jpg": b"edited"}
    assert {entry.to for entry in peek(into)} == {"with/with.jpg", "no-face/cat.jpg"}


def test_undone_move_does_not_overwrite_what_came_since(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    run(photos, into, How.MOVE)
    (tmp_path / "pile/with.jpg").write_bytes(b"new")
    with opened(into) as log:
        ((place, why),) = undo(log, into, JOB).left
    assert (place, "something else" in why) == ("with/with.jpg", True)
    assert (tmp_path / "pile/with.jpg").read_bytes() == b"new"
    assert (into / "with/with.jpg").exists()


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


def test_photo_without_a_known_path_asks_for_it(photos: list[Judged], into: Path) -> None:
    entry = photos[0].entry.model_copy(update={"path": None})
    done = run([Judged(entry, photos[0].verdict)], into)
    assert "--from" in done.left[0][1]


def test_photos_that_lie_elsewhere_now_are_found(photos: list[Judged], tmp_path: Path) -> None:
    (tmp_path / "pile").rename(tmp_path / "moved")
    assert all((photo.source(tmp_path / "moved") or tmp_path).is_file() for photo in photos)


@pytest.mark.parametrize(
    ("probability", "threshold", "expected"),
    [
        (0.95, 0.5, Group.WITH), (0.9, 0.5, Group.WITH), (0.89, 0.5, Group.UNSURE),
        (0.1, 0.5, Group.UNSURE), (0.09, 0.5, Group.WITHOUT), (0.93, 0.95, Group.UNSURE),
        (0.96, 0.95, Group.WITH), (0.06, 0.05, Group.UNSURE), (None, 0.5, Group.NO_FACE),
    ],
)  # fmt: skip
def test_unsure_is_what_lies_around_the_threshold(
    probability: float | None, threshold: float, expected: Group
) -> None:
    rule = Rule(model="m@1", threshold=threshold)
    assert group_of(verdict("a", None, outcome(probability), rule), Band()) is expected
    failed = verdict("a", None, Outcome.failed(FailureReason.EMPTY), rule)
    assert group_of(failed, Band()) is Group.FAILED


@pytest.mark.parametrize("text", ["", "0.5", "0.9,0.1", "a,b", "0,2", "0.1,0.2,0.3", "nan,1"])
def test_bad_band_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="LOW,HIGH"):
        Band.parse(text)

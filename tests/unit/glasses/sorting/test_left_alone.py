"""What cannot be brought, or is no longer what was judged, is named and stays where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.judged import Judged
from glasses.sorting import How
from glasses.walk import Source, walk
from tests.support.sorting import JPEG, dry_run, judged, run, tree


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


def test_link_among_the_photos_is_copied_but_not_moved(tmp_path: Path, into: Path) -> None:
    (tmp_path / "pile").mkdir()
    (tmp_path / "original").write_bytes(JPEG)
    (tmp_path / "pile/a.jpg").symlink_to("../original")
    pile = [judged(s, 0.99) for s in walk([str(tmp_path / "pile")])]
    ((image, why),) = run(pile, into, How.MOVE).left
    assert (image, "--copy" in why) == ("a.jpg", True)
    assert run(pile, into, How.COPY).left == []
    assert tree(into) == {"with/a.jpg": JPEG}


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


def test_photo_without_a_known_path_asks_for_it(photos: list[Judged], into: Path) -> None:
    entry = photos[0].entry.model_copy(update={"path": None})
    done = run([Judged(entry, photos[0].verdict)], into)
    assert "--from" in done.left[0][1]

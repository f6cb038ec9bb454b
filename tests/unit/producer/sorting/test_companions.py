"""Companions travel with their photo, keep its name, and return with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.protocol.photo_result import PhotoResult
from glasses.sources.walk import walk
from producer.options import Only
from producer.sorting import TransferMode, undo
from producer.sorting.sort_log import open_log
from tests.support.sorting import JOB, JPEG, classified, dry_run, run, tree

LIVE_PHOTO = ["IMG_1.HEIC", "IMG_1.MOV", "IMG_1.AAE", "IMG_O1.AAE"]


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    folder.mkdir()
    return folder


def fill(folder: Path, *names: str) -> dict[str, bytes]:
    """Create files that differ; only photos begin like a JPEG."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        is_photo = name.lower().endswith((".jpg", ".heic", ".nef"))
        (folder / name).write_bytes(JPEG * is_photo + str(folder / name).encode())
    return tree(folder)


def job(folder: Path, probabilities: dict[str, float | None]) -> list[PhotoResult]:
    """Return the photos of a job with these files, in the order of a walk."""
    return [
        classified(source, probabilities[source.image])
        for source in walk([str(folder)])
        if source.image in probabilities
    ]


def undone(into: Path) -> tuple[int, int, list[tuple[str, str]]]:
    with open_log(into) as log:
        done = undo(log, into, JOB)
    return done.count, done.companions, done.left


@pytest.mark.parametrize("how", TransferMode)
def test_companions_travel_with_their_photo_and_return_with_it(
    how: TransferMode, collection: Path, into: Path
) -> None:
    before = fill(
        collection, "a.jpg", "a.xmp", "a.jpg.XMP", "a.aae", "a.mov", "a.MP4", "a.CR2", "a.CR2.xmp",
        "a.jpg.supplemental-metadata.json", "sub/b.jpg", "sub/b.JPG.xmp", *LIVE_PHOTO,
        "ab.xmp", "sub/a.xmp", "a.txt", "A.xmp", "c.mov",
    )  # fmt: skip
    photos = job(collection, {"a.jpg": 0.99, "sub/b.jpg": 0.01, "IMG_1.HEIC": None})
    dry = dry_run(photos, into, how)
    assert not into.exists()
    done = run(photos, into, how)
    assert dry == done
    assert (done.groups.total(), done.companions, done.left, done.separated) == (3, 12, [], [])
    wanted = {
        "with/a.jpg", "with/a.xmp", "with/a.jpg.XMP", "with/a.aae", "with/a.mov", "with/a.MP4",
        "with/a.CR2", "with/a.CR2.xmp", "with/a.jpg.supplemental-metadata.json",
        "without/sub/b.jpg", "without/sub/b.JPG.xmp", *(f"no-face/{name}" for name in LIVE_PHOTO),
    }  # fmt: skip
    assert set(tree(into)) == wanted
    others = {"ab.xmp", "sub/a.xmp", "a.txt", "A.xmp", "c.mov"}
    assert (set(tree(collection)) == others) is (how is TransferMode.MOVE)
    again = run(photos, into, how)
    assert (again.already_sorted, again.companions, again.groups.total()) == (3, 0, 0)
    assert undone(into) == (3, 12, [])
    assert (tree(collection), list(into.iterdir())) == (before, [])


@pytest.mark.parametrize("how", TransferMode)
def test_companions_stay_if_they_are_not_wanted(
    how: TransferMode, collection: Path, into: Path
) -> None:
    fill(collection, "a.jpg", "a.xmp")
    done = run(job(collection, {"a.jpg": 0.99}), into, how, companions=False)
    assert (done.companions, set(tree(into))) == (0, {"with/a.jpg"})
    assert (collection / "a.xmp").exists()


@pytest.mark.parametrize("how", TransferMode)
def test_companions_that_failed_as_photos_travel_too(
    how: TransferMode, collection: Path, into: Path
) -> None:
    fill(collection, "a.jpg", "a.xmp", "a.aae", "a.mov", "b.xmp")
    names = ["a.jpg", "a.xmp", "a.aae", "a.mov", "b.xmp"]
    photos = job(collection, dict.fromkeys(names, 0.99))
    for _ in range(2):
        run(photos, into, how)
        assert set(tree(into)) == {
            "with/a.jpg", "with/a.xmp", "with/a.aae", "with/a.mov", "failed/b.xmp",
        }  # fmt: skip
    assert undone(into) == (2, 3, [])


@pytest.mark.parametrize("how", TransferMode)
def test_photo_and_companions_get_the_same_new_name(
    how: TransferMode, collection: Path, into: Path
) -> None:
    names = ("IMG_1.jpg", "IMG_1.xmp", "IMG_1.jpg.xmp", "IMG_O1.aae")
    for folder in ("one", "two"):
        fill(collection / folder, *names)
    # Free is only the photo's name, only its sidecar's, or neither.
    (into / "with").mkdir(parents=True)
    (into / "with/IMG_1.xmp").write_bytes(b"mine")
    (into / "with/IMG_1 (2).jpg").write_bytes(b"mine, too")
    photos = [
        classified(source, 0.99)
        for folder in ("one", "two")
        for source in walk([str(collection / folder)])
        if source.image == "IMG_1.jpg"
    ]
    dry = dry_run(photos, into, how)
    assert run(photos, into, how) == dry
    new = ["{}.jpg", "{}.xmp", "{}.jpg.xmp"]
    assert set(tree(into)) == {
        "with/IMG_1.xmp", "with/IMG_1 (2).jpg",
        *(f"with/{name.format(stem)}" for name in new for stem in ("IMG_1 (3)", "IMG_1 (4)")),
        "with/IMG_O1 (3).aae", "with/IMG_O1 (4).aae",
    }  # fmt: skip
    assert tree(into)["with/IMG_1 (4).xmp"] == str(collection / "two/IMG_1.xmp").encode()
    assert undone(into)[:2] == (2, 6)


@pytest.mark.parametrize("how", TransferMode)
@pytest.mark.parametrize("raw", [0.99, 0.01, None])
def test_a_classified_raw_goes_by_its_own_verdict_and_says_so(
    how: TransferMode, raw: float | None, collection: Path, into: Path
) -> None:
    fill(collection, "a.jpg", "a.nef")
    done = run(job(collection, {"a.jpg": 0.99, "a.nef": raw}), into, how)
    group = {0.99: "with", 0.01: "without", None: "no-face"}[raw]
    assert set(tree(into)) == {"with/a.jpg", f"{group}/a.nef"}
    why = f"goes to {group}/ by its own verdict, a.jpg to with/"
    assert done.separated == ([] if raw == 0.99 else [("a.nef", why)])
    assert done.companions == 0


@pytest.mark.parametrize("how", TransferMode)
@pytest.mark.parametrize("picture", [0.01, 0.4, 0.6])
def test_a_picture_that_only_leaves_out_stays_and_says_so(
    how: TransferMode, picture: float, collection: Path, into: Path
) -> None:
    fill(collection, "a.jpg", "a.nef", "a.mov")
    photos = job(collection, {"a.jpg": picture, "a.nef": 0.6})
    done = run(photos, into, how, only=[Only.GLASSES])
    assert {"unsure/a.nef", "unsure/a.mov"} <= set(tree(into))
    if picture == 0.6:
        assert done.separated == []
        return
    assert (set(tree(into)), (collection / "a.jpg").exists()) == (
        {"unsure/a.nef", "unsure/a.mov"},
        True,
    )
    moved = ("a.mov", "goes to unsure/ with a.nef, but a.jpg stays where it is")
    assert done.separated == [
        ("a.jpg", "stays where it is by its own verdict, a.nef goes to unsure/"),
        *[moved] * (how is TransferMode.MOVE),
    ]


@pytest.mark.parametrize("how", TransferMode)
def test_a_pair_with_one_photo_in_the_job_stays_together(
    how: TransferMode, collection: Path, into: Path
) -> None:
    fill(collection, "a.jpg", "a.nef", "b.jpg", "b.nef", "c.jpg", "c.nef")
    photos = job(collection, {"a.jpg": 0.99, "b.nef": 0.99, "c.jpg": 0.01})
    raw = next(source for source in walk([str(collection)]) if source.image == "c.nef")
    raw.path.write_bytes(b"a RAW format that is not supported")
    done = run([*photos, classified(raw, None)], into, how)
    assert set(tree(into)) == {
        "with/a.jpg", "with/a.nef", "with/b.jpg", "with/b.nef", "without/c.jpg", "without/c.nef",
    }  # fmt: skip
    assert (done.groups.total(), done.companions, done.separated) == (3, 3, [])


def test_a_pair_gets_one_new_name(collection: Path, into: Path) -> None:
    fill(collection, "a.heic", "a.jpg", "a.nef", "a.xmp")
    (into / "with").mkdir(parents=True)
    (into / "with/a.nef").write_bytes(b"mine")
    photos = job(collection, {"a.heic": 0.99, "a.jpg": 0.99, "a.nef": 0.99})
    run(photos[1:], into, TransferMode.MOVE)
    run(photos, into, TransferMode.MOVE)
    assert set(tree(into)) == {
        "with/a.nef", "with/a (2).heic", "with/a (2).jpg", "with/a (2).nef", "with/a (2).xmp",
    }  # fmt: skip


@pytest.mark.parametrize("how", TransferMode)
def test_photos_of_one_stem_share_companions(
    how: TransferMode, collection: Path, into: Path
) -> None:
    before = fill(collection, "a.heic", "a.jpg", "a.mov", "a.jpg.xmp", "b.heic", "b.jpg", "b.mov")
    photos = job(collection, {"a.heic": 0.99, "a.jpg": 0.01, "b.heic": 0.99, "b.jpg": 0.99})
    dry = dry_run(photos, into, how)
    done = run(photos, into, how)
    assert done == dry
    wanted = {
        "with/a.heic", "with/a.mov", "without/a.jpg", "without/a.jpg.xmp", "with/b.heic",
        "with/b.jpg", "with/b.mov",
    }  # fmt: skip
    is_move = how is TransferMode.MOVE
    assert set(tree(into)) == wanted | (set() if is_move else {"without/a.mov"})
    why = "goes to with/ with a.heic, but a.jpg to without/"
    assert done.separated == ([("a.mov", why)] if is_move else [])
    assert undone(into) == (4, 3 if is_move else 4, [])
    assert tree(collection) == before


@pytest.mark.parametrize("how", TransferMode)
def test_the_next_run_brings_the_companions_that_are_missing(
    how: TransferMode, collection: Path, into: Path
) -> None:
    fill(collection, "a.jpg", "a.xmp", "b.jpg")
    (into / "with").mkdir(parents=True)
    (into / "with/a.jpg").write_bytes(b"mine")
    photos = job(collection, {"a.jpg": 0.99, "b.jpg": 0.99})
    run(photos, into, how, companions=False)
    fill(collection, "b.aae")
    done = run(photos, into, how)
    assert (done.already_sorted, done.companions, done.left) == (2, 2, [])
    assert {"with/a (2).xmp", "with/b.aae"} < set(tree(into))
    assert undone(into) == (2, 2, [])


def test_a_companion_that_cannot_travel_is_named(collection: Path, into: Path) -> None:
    fill(collection, "sub/a.jpg", "sub/b.xmp")
    (collection / "sub/a.xmp").symlink_to("b.xmp")
    (collection / "sub/a.aae").symlink_to("nowhere")
    os.mkfifo(collection / "sub/a.mov")
    photos = job(collection, {"sub/a.jpg": 0.99})
    ((name, why),) = run(photos, into, TransferMode.MOVE).left
    assert (name, "--copy" in why) == ("sub/a.xmp", True)
    (into / "with/sub/a.xmp").write_bytes(b"mine")
    done = run(photos, into, TransferMode.MOVE)
    assert done.left == [("sub/a.xmp", f"another file is at {into / 'with/sub/a.xmp'}")]
    assert tree(into)["with/sub/a.xmp"] == b"mine"


def test_undo_keeps_the_companions_of_a_skipped_photo(collection: Path, into: Path) -> None:
    fill(collection, "a.jpg", "a.xmp", "b.jpg", "b.xmp")
    run(job(collection, {"a.jpg": 0.99, "b.jpg": 0.99}), into, TransferMode.MOVE)
    (into / "with/a.jpg").write_bytes(b"edited")
    (into / "with/b.xmp").write_bytes(b"edited")
    assert undone(into) == (
        1,
        1,
        [("with/a.jpg", "changed since it was sorted"), ("with/a.xmp", "its photo was skipped")],
    )
    assert set(tree(into)) == {"with/a.jpg", "with/a.xmp"}
    assert tree(collection)["b.xmp"] == b"edited"  # what was edited there returns with its photo


def test_a_raw_that_travelled_before_it_had_a_verdict_stays(collection: Path, into: Path) -> None:
    fill(collection, "a.jpg", "a.nef")
    photos = job(collection, {"a.jpg": 0.99, "a.nef": 0.99})
    run(photos[:1], into, TransferMode.MOVE)
    done = run(photos, into, TransferMode.MOVE)
    assert (done.already_sorted, done.left, set(tree(into))) == (
        1,
        [],
        {"with/a.jpg", "with/a.nef"},
    )

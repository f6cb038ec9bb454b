"""`glasses correct` as a user types it: from the report's file to labels and figures."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from glasses.client import Client
from glasses.settings import Settings
from tests.support.commands import glasses
from tests.support.judged import face, judged_job, outcome
from tests.support.stored import lose
from training.datasets import folder


def test_corrections_become_labels_and_the_model_is_asked_again(
    client: Client, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    pile = tmp_path / "pile"
    pile.mkdir()
    for name, original in (
        ("=a.jpg", "hopper.jpg"), ("b.jpg", "collins.jpg"), ("c.jpg", "cat.jpg"),
        ("d.jpg", "giunchedi.jpg"),
    ):  # fmt: skip
        shutil.copy(demo_photos / original, pile / name)
    job = judged_job(
        client,
        pile,
        {  # wrong of the first two, as a worse model might have judged
            "=a.jpg": outcome(face(0.1)),
            "b.jpg": outcome(face(0.9)),
            "c.jpg": outcome(),
            "d.jpg": outcome(face(0.2)),
        },
    )
    contents = {photo.verdict.image: photo.verdict.sha256 for photo in job.judged()}
    (pile / "b.jpg").unlink()  # the object store still has it
    (pile / "d.jpg").unlink()
    lose(client, str(contents["d.jpg"]))
    file = tmp_path / "corrections.csv"
    lines = [("'=a.jpg", "1"), ("b.jpg", "0"), ("c.jpg", "drop"), ("d.jpg", "1")]
    rows = [f"{name},{word},{contents[name.lstrip(chr(39))]},{job.id}" for name, word in lines]
    file.write_text("\n".join(["name,correction,sha256,job", *rows]) + "\n")
    into = tmp_path / "labels"
    done = glasses("correct", str(file), "--into", str(into), "--json", settings=settings)
    assert done.returncode == 1
    assert "left out: d.jpg" in done.stderr
    facts = json.loads(done.stdout)
    assert (facts["corrections"], facts["dropped"], facts["lost"]) == (4, 1, ["d.jpg"])
    assert (facts["before"]["right"], facts["now"]["right"], facts["labels"]) == (0, 2, 2)
    assert (facts["now"]["precision"], facts["now"]["recall"]) == (1.0, 1.0)
    found = {s.path.read_bytes(): s.has_glasses for s in folder.load(into).samples}
    assert found == {
        (demo_photos / "hopper.jpg").read_bytes(): True,
        (demo_photos / "collins.jpg").read_bytes(): False,
    }


def test_hand_made_file_needs_no_servers(demo_photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("name,correction\nhopper.jpg,1\nalbum/van-rossum.avif,1\ncat.jpg,\n")
    arguments = ["correct", str(file), "--into", str(tmp_path / "labels")]
    done = glasses(*arguments, "--photos", str(demo_photos), home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 corrections" in done.stdout
    assert "2 of 2" in done.stdout
    nowhere = glasses(*arguments, "--no-evaluate", home=tmp_path)
    assert nowhere.returncode == 3  # without --photos it asks the servers


def test_missing_folder_of_photos_is_told_before_anything_happens(tmp_path: Path) -> None:
    file = tmp_path / "corrections.csv"
    file.write_text("name,correction\na.jpg,1\n")
    words = ["--photos", str(tmp_path / "none"), "--into", str(tmp_path / "labels")]
    done = glasses("correct", str(file), *words, "--no-evaluate", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--photos: {tmp_path / 'none'} does not exist" in done.stderr
    assert not (tmp_path / "labels").exists()


def test_contradicting_corrections_of_a_photo_are_refused(
    demo_photos: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    words = ["correct", str(file), "--photos", str(demo_photos), "--no-evaluate"]
    words += ["--into", str(tmp_path / "labels")]
    for header, one, other in (
        ("name,correction", "hopper.jpg,1", "hopper.jpg,0"),
        ("name,correction", "hopper.jpg,1", "hopper.jpg,drop"),
        ("name,correction,sha256", "hopper.jpg,1,abc", "copy.jpg,0,abc"),
    ):
        file.write_text(f"{header}\n{one}\ncollins.jpg,0\n{other}\n")
        done = glasses(*words, home=tmp_path)
        name, word, *_ = other.split(",")
        assert (done.returncode, done.stdout) == (2, ""), other
        assert done.stderr == (
            f"glasses: {file}:4: correction of '{name}' is {word}, and 1 in line 2: leave one of "
            "them\n"
        )
        assert not (tmp_path / "labels").exists()
    file.write_text("name,correction\nhopper.jpg,1\nhopper.jpg,1\n")
    assert glasses(*words, home=tmp_path).returncode == 0


def test_photo_that_is_a_pipe_is_left_out_but_the_list_may_be_one(
    demo_photos: Path, tmp_path: Path
) -> None:
    pile = tmp_path / "pile"
    pile.mkdir()
    shutil.copy(demo_photos / "hopper.jpg", pile / "a.jpg")
    os.mkfifo(pile / "pipe.jpg")
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as list_:
        list_.write("name,correction\na.jpg,1\npipe.jpg,1\n")
    words = ["--photos", str(pile), "--into", str(tmp_path / "labels"), "--json"]
    try:
        done = glasses(
            "correct", f"/proc/{os.getpid()}/fd/{reading}", *words, "--no-evaluate", home=tmp_path
        )
    finally:
        os.close(reading)
    assert done.returncode == 1
    assert "left out: pipe.jpg is no photo" in done.stderr
    facts = json.loads(done.stdout)
    assert (facts["lost"], facts["labels"]) == (["pipe.jpg"], 1)

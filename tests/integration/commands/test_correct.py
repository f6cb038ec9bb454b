"""`glasses correct`, from the report's file of corrections to labels and figures."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses
from tests.support.stored_photos import delete_stored
from training.common.datasets import folder


def test_corrections_become_labels_and_the_model_is_evaluated_on_them(
    client: Client, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    collection = tmp_path / "collection"
    collection.mkdir()
    for name, original in (
        ("=a.jpg", "hopper.jpg"), ("b.jpg", "collins.jpg"), ("c.jpg", "cat.jpg"),
        ("d.jpg", "giunchedi.jpg"),
    ):  # fmt: skip
        shutil.copy(demo_photos / original, collection / name)
    job = submit_classified(
        client,
        collection,
        {  # the first two are wrong, as by a worse model
            "=a.jpg": outcome(face(0.1)),
            "b.jpg": outcome(face(0.9)),
            "c.jpg": outcome(),
            "d.jpg": outcome(face(0.2)),
        },
    )
    contents = {photo.verdict.image: photo.verdict.sha256 for photo in job.photo_results()}
    (collection / "b.jpg").unlink()  # the object store still has it
    (collection / "d.jpg").unlink()
    delete_stored(client, str(contents["d.jpg"]))
    file = tmp_path / "corrections.csv"
    lines = [("'=a.jpg", "1"), ("b.jpg", "0"), ("c.jpg", "drop"), ("d.jpg", "1")]
    rows = [f"{name},{word},{contents[name.lstrip(chr(39))]},{job.id}" for name, word in lines]
    file.write_text("\n".join(["name,correction,sha256,job", *rows]) + "\n")
    into = tmp_path / "labels"
    done = glasses("correct", str(file), "--into", str(into), "--json", settings=settings)
    assert done.returncode == 1
    assert "skipped d.jpg: missing" in done.stderr
    facts = json.loads(done.stdout)
    assert (facts["corrections"], facts["dropped"], facts["lost"]) == (4, 1, ["d.jpg"])
    before, now = facts["when_corrected"], facts["now"]
    assert (before["photos"], now["photos"], facts["labels"]) == (2, 2, 2)
    assert (before["accuracy"]["value"], now["accuracy"]["value"]) == (0.0, 1.0)
    assert (now["precision"]["value"], now["recall"]["value"]) == (1.0, 1.0)
    assert facts["all_labels"] == now
    found = {s.path.read_bytes(): s.has_glasses for s in folder.load(into).samples}
    assert found == {
        (demo_photos / "hopper.jpg").read_bytes(): True,
        (demo_photos / "collins.jpg").read_bytes(): False,
    }


def test_hand_written_corrections_need_no_servers(demo_photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("name,correction\nhopper.jpg,1\nalbum/van-rossum.avif,1\ncat.jpg,\n")
    arguments = ["correct", str(file), "--into", str(tmp_path / "labels")]
    done = glasses(*arguments, "--photos", str(demo_photos), home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 corrections" in done.stdout
    assert "now, all labels" in done.stdout
    assert "when corrected" not in done.stdout  # nothing is known of earlier verdicts
    assert re.search(r"accuracy +1\.000", done.stdout)
    nowhere = glasses(*arguments, "--no-evaluate", home=tmp_path)
    assert nowhere.returncode == 3  # without --photos it asks the servers


def test_missing_photo_folder_is_reported_before_any_work(tmp_path: Path) -> None:
    file = tmp_path / "corrections.csv"
    file.write_text("name,correction\na.jpg,1\n")
    words = ["--photos", str(tmp_path / "none"), "--into", str(tmp_path / "labels")]
    done = glasses("correct", str(file), *words, "--no-evaluate", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--photos: {tmp_path / 'none'} does not exist" in done.stderr
    assert not (tmp_path / "labels").exists()


def test_contradictory_corrections_of_a_photo_are_rejected(
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
            f"glasses: {file}:4: correction of '{name}' is {word}, but 1 in line 2: delete one of "
            "them\n"
        )
        assert not (tmp_path / "labels").exists()
    file.write_text("name,correction\nhopper.jpg,1\nhopper.jpg,1\n")
    assert glasses(*words, home=tmp_path).returncode == 0


def test_photo_that_is_a_pipe_is_skipped_but_the_corrections_may_be_a_pipe(
    demo_photos: Path, tmp_path: Path
) -> None:
    collection = tmp_path / "collection"
    collection.mkdir()
    shutil.copy(demo_photos / "hopper.jpg", collection / "a.jpg")
    os.mkfifo(collection / "pipe.jpg")
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as list_:
        list_.write("name,correction\na.jpg,1\npipe.jpg,1\n")
    words = ["--photos", str(collection), "--into", str(tmp_path / "labels"), "--json"]
    try:
        done = glasses(
            "correct", f"/proc/{os.getpid()}/fd/{reading}", *words, "--no-evaluate", home=tmp_path
        )
    finally:
        os.close(reading)
    assert done.returncode == 1
    assert "skipped pipe.jpg: missing, unreadable, or not a photo" in done.stderr
    facts = json.loads(done.stdout)
    assert (facts["lost"], facts["labels"]) == (["pipe.jpg"], 1)


def test_other_labels_are_accepted_and_old_and_new_figures_are_of_the_same_photos(
    demo_photos: Path, tmp_path: Path
) -> None:
    for label, name in (("with", "hopper.jpg"), ("without", "collins.jpg")):
        (tmp_path / "mine" / label).mkdir(parents=True)
        shutil.copy(demo_photos / name, tmp_path / "mine" / label / name)
    into = tmp_path / "labels"
    done = glasses("correct", tmp_path / "mine", "--into", into, "--no-evaluate", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    # An earlier verdict is known of one of the two.
    text = (into / "labels.csv").read_text()
    path = next(line.split(",")[0] for line in text.splitlines() if line.endswith("hopper.jpg"))
    (into / "labels.csv").write_text(text.replace(f"{path},1,,", f"{path},1,0,"))
    (tmp_path / "more.csv").write_text("file,eyes\ngiunchedi.jpg,bare\n")
    words = ["--path-column", "file", "--label-column", "eyes", "--positive", "worn", "--json"]
    words += ["--photos", str(demo_photos), "--into", str(into)]
    facts = json.loads(glasses("correct", tmp_path / "more.csv", *words, home=tmp_path).stdout)
    photos = [facts[name]["photos"] for name in ("when_corrected", "now", "all_labels")]
    assert photos == [1, 1, 3]
    assert facts["when_corrected"]["false_negatives"] == 1
    assert facts["now"]["true_positives"] == 1

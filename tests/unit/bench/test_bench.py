from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.bench import photo_sets, resident, scaling, speed, table
from tests.bench.small_photos import SIDE, small_photos
from worker.vision.decode import decode


def test_a_figure_stands_beside_the_references_and_its_goal() -> None:
    figures = {
        "phone: photos/s": 51.26,
        "phone: photos/s, reference": 1.07,
        "verdicts: F1": "--data",
    }
    head, line, missing = table.table(figures).splitlines()
    assert head.split() == ["ours", "baseline", "goal"]
    assert line.split() == ["phone:", "photos/s", "51.3", "1.07", ">=", "50"]
    assert missing.split() == ["verdicts:", "F1", "--data"]


def test_every_goal_is_of_a_figure_that_a_run_gives() -> None:
    parts = {goal.partition(":")[0] for goal in table.GOALS}
    assert parts <= {*photo_sets.PHOTO_SETS, "classify", "stack"}


def test_a_recorded_run_says_what_when_and_where(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    table.record({"a: b": 1.5}, history)
    table.record({"a: b": 2.5}, history)
    first, second = [json.loads(line) for line in history.read_text().splitlines()]
    assert (first["figures"], second["figures"]) == ({"a: b": 1.5}, {"a: b": 2.5})
    assert first["date"] <= second["date"]
    assert first["machine"]["cores"] >= 1


def test_photo_sets_are_the_same_at_every_call_and_no_photo_twice() -> None:
    sizes = {
        "portraits": 500_000,
        "phone": 12_000_000,
        "phone, fine": 12_000_000,
        "groups": 1280 * 853,
    }
    for name, drawn in photo_sets.PHOTO_SETS.items():
        photos = list(drawn(2))
        assert photos == list(drawn(2))
        assert len(set(photos)) == 2
        photo = decode(photos[0])
        assert abs(photo.width * photo.height / sizes[name] - 1) < 0.01


def test_stages_see_the_faces_that_the_pipeline_sees() -> None:
    photos = [next(photo_sets.groups(1)), b"no photo", next(photo_sets.portraits(1))]
    stages, pipeline = speed.Stages(), speed.serving()
    assert [len(stages.crops(data)) for data in photos] == [
        len(pipeline(data).faces) for data in photos
    ]
    assert set(stages(photos)) == {"decode", "detect", "crop", "classify"}


def test_small_photos_are_photos_and_no_two_are_the_same(tmp_path: Path) -> None:
    small_photos(tmp_path / "in", 1_001)
    paths = sorted((tmp_path / "in").rglob("*.jpg"))
    assert [len(list(folder.iterdir())) for folder in sorted((tmp_path / "in").iterdir())] == [
        1_000,
        1,
    ]
    contents = {path.read_bytes() for path in paths}
    assert len(contents) == 1_001
    assert all(1_000 < len(data) < 10_000 for data in contents)
    photo = decode(contents.pop())
    assert max(photo.width, photo.height) == SIDE


def test_a_rate_is_what_came_after_the_first_step() -> None:
    assert scaling.rate([(10.0, 500), (11.0, 32), (14.0, 8)]) == 10


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_page_of_two_processes_is_weighed_once() -> None:
    fork = """
import os, sys
import numpy as np
shared = np.ones(5_000_000)
if os.fork() == 0:
    own = np.ones(2_500_000)
    print(os.getpid(), flush=True)
    sys.stdin.read()
    os._exit(0)
os.wait()
"""
    command = [sys.executable, "-c", fork]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        both = resident.total_memory_mb([psutil.Process(parent.pid), child])
        further = resident.private_memory_mb(child)
        parent.communicate(b"", timeout=10)
    assert 20 < further < 30
    assert 60 < both < 100

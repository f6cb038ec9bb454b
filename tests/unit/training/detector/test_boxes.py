"""Squares, what a teacher's finds agree on, and boxes from what people noted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.proposals import notes
from training.proposals.judge import judge
from training.proposals.known import Known
from training.proposals.square import overlap, same_face, squares
from training.proposals.teacher import teach
from worker.decode import decode
from worker.detect import Detection


def test_overlap_is_intersection_over_union() -> None:
    one = squares([(50, 50, 20)])
    others = squares([(50, 50, 20), (60, 50, 20), (50, 50, 10), (90, 90, 20)])
    assert overlap(one, others)[0] == pytest.approx([1, 1 / 3, 0.25, 0])


def test_same_face_allows_what_two_detectors_differ_in() -> None:
    others = squares([(52, 49, 25), (50, 50, 41), (64, 50, 20)])
    assert list(same_face(squares([(50, 50, 20)]), others)) == [True, False, False]
    assert len(same_face(squares([(50, 50, 20)]), squares())) == 0


def test_teacher_finds_each_face_once(demo_photos: Path) -> None:
    taught = teach(decode((demo_photos / "group-with-glasses.jpg").read_bytes()).pixels)
    assert len(taught.sure) == 3
    assert taught.upright


def test_boxes_follow_from_landmarks_where_the_teacher_sees_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines, known = ["path,has_glasses,identity,notes"], {}
    for i in range(40):
        x, y, side = rng.uniform(100, 200), rng.uniform(100, 200), rng.uniform(50, 90)
        points = [(-0.2, -0.2), (0.2, -0.2), (0, 0), (-0.15, 0.2), (0.15, 0.2)]
        text = " ".join(f"{x + a * side:.2f} {y + b * side:.2f}" for a, b in points)
        lines.append(f"{i}.jpg,1,,pose=frontal lm={text}")
        known[f"{tmp_path.name}/{i}.jpg"] = squares([(x, y, side)])
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    hidden = f"{tmp_path.name}/7.jpg"
    seen = {name: box for name, box in known.items() if name != hidden}
    boxes = notes.boxes(notes.read(tmp_path), seen)
    assert boxes[hidden][0] == pytest.approx(known[hidden][0], abs=1)


def test_face_that_nobody_listed_is_counted_apart() -> None:
    known = Known((300, 300), squares([(100, 100, 50)]), squares([(200, 200, 40)]), "dlib")
    faces = [Detection(x - 25, x - 25, 50, 50, 1.0) for x in (100, 200, 270)]
    judged = judge(faces, known)
    assert judged.main
    assert judged.unlisted == 1
    assert not judge(faces[1:], known).main

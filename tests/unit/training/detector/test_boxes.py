"""Squares, what the teacher's detections agree on, and boxes from annotations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.detector import ground_truth
from training.detector.matching import match_faces
from training.detector.pseudo_labels import PseudoLabels
from training.detector.quick_teacher import teach_quickly
from training.detector.square import overlap, same_face, squares
from training.detector.teacher import teach
from worker.vision.decode import decode
from worker.vision.detect import Detection


def test_overlap_is_intersection_over_union() -> None:
    one = squares([(50, 50, 20)])
    others = squares([(50, 50, 20), (60, 50, 20), (50, 50, 10), (90, 90, 20)])
    assert overlap(one, others)[0] == pytest.approx([1, 1 / 3, 0.25, 0])


def test_same_face_allows_what_two_detectors_differ_in() -> None:
    others = squares([(52, 49, 25), (50, 50, 41), (64, 50, 20)])
    assert list(same_face(squares([(50, 50, 20)]), others)) == [True, False, False]
    assert len(same_face(squares([(50, 50, 20)]), squares())) == 0


def test_teacher_finds_each_face_once(demo_photos: Path) -> None:
    labels = teach(decode((demo_photos / "group-with-glasses.jpg").read_bytes()).pixels)
    assert len(labels.sure) == 3
    assert labels.upright


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
    boxes = ground_truth.boxes(ground_truth.read(tmp_path), seen)
    assert boxes[hidden][0] == pytest.approx(known[hidden][0], abs=1)


def test_boxes_of_a_column_keep_their_centre_across(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines, known = ["path,has_glasses,box,notes"], {}
    for i in range(40):
        x, y, side = rng.uniform(100, 200), rng.uniform(100, 200), rng.uniform(50, 90)
        lines.append(f"{i}.jpg,0,{x - side / 2} {y - side} {side} {1.4 * side};1 2 3 4,pose=left")
        # The teacher's boxes are lower, and further to the side that most faces look to.
        known[f"{tmp_path.name}/{i}.jpg"] = squares([(x + 0.2 * side, y, side)])
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    read = ground_truth.read(tmp_path)
    boxes = ground_truth.boxes(read, known)
    for name, face in known.items():
        assert boxes[name][0, 1:] == pytest.approx(face[0, 1:], abs=1)
        assert boxes[name][0, 0] == pytest.approx(face[0, 0] - 0.2 * face[0, 2], abs=1)


def test_quick_teacher_lists_confirmed_faces(demo_photos: Path) -> None:
    labels = teach_quickly(decode((demo_photos / "group-with-glasses.jpg").read_bytes()).pixels)
    assert len(labels.sure) == 3


def test_face_that_nobody_listed_is_counted_apart() -> None:
    known = PseudoLabels((300, 300), squares([(100, 100, 50)]), squares([(200, 200, 40)]), "dlib")
    faces = [Detection(x - 25, x - 25, 50, 50, 1.0) for x in (100, 200, 270)]
    match = match_faces(faces, known)
    assert match.main
    assert match.unlisted == 1
    assert not match_faces(faces[1:], known).main

"""Copies of a photo are in one part of the split, with everybody whom they connect."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from training.common import splits
from training.common.copies import count_copies, keep_together
from training.common.sample import Sample
from training.common.workspace import Workspace


@pytest.fixture
def photos(tmp_path: Path) -> list[Sample]:
    samples = []
    for i in range(60):
        path = tmp_path / f"{i}.jpg"
        path.write_bytes(f"content {i:02}".encode())
        samples.append(Sample(path, f"mine/{i}.jpg", i % 2 == 0, None, "mine"))
    return samples


def copy(samples: list[Sample], source: int, target: int) -> None:
    samples[target].path.write_bytes(samples[source].path.read_bytes())


def test_photos_without_copies_stay_as_they_are(photos: list[Sample]) -> None:
    assert keep_together(photos) == photos
    assert count_copies(photos) == 0


def test_copies_have_one_group_and_one_part(photos: list[Sample]) -> None:
    for target in range(2, 20, 2):
        copy(photos, 0, target)
    together = keep_together(photos)
    assert count_copies(photos) == 9
    assert {each.group for each in together[:20:2]} == {"photo:mine/0.jpg"}
    part_of = splits.split(together)
    assert len({part_of[each.name] for each in together[:20:2]}) == 1
    assert len({splits.split(photos)[each.name] for each in together[:20:2]}) > 1


def test_copies_connect_the_people_that_they_are_listed_as(photos: list[Sample]) -> None:
    named = [dataclasses.replace(s, identity=f"mine:{i // 2}") for i, s in enumerate(photos)]
    copy(named, 1, 2)  # persons 0 and 1
    copy(named, 3, 5)  # persons 1 and 2
    together = keep_together(named)
    assert len({each.group for each in together[:6]}) == 1
    assert together[6:] == named[6:]
    assert all(each.identity for each in together)


def test_photos_of_nobody_known_are_counted_per_dataset(photos: list[Sample]) -> None:
    pytest.importorskip("torch")  # which the stage needs
    from training.classifier.stages.evaluate import unknown_people

    named = [dataclasses.replace(s, identity="a:1", dataset="a") for s in photos[:3]]
    assert unknown_people([*named, *photos[3:]]) == {"a": 0, "mine": 57}


def test_the_split_of_a_workspace_knows_copies(tmp_path: Path) -> None:
    for i in range(60):
        path = tmp_path / "data/mine" / ("with" if i % 2 else "without") / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = "same" if i % 2 and i < 20 else f"{i:04}"
        path.write_bytes(b"\xff\xd8\xff" + content.encode())
    work = Workspace(tmp_path / "data", tmp_path / "runs")
    assert len(work.samples) == 60
    copies = [f"mine/with/{i}.jpg" for i in range(1, 20, 2)]
    assert len({work.part_of[name] for name in copies}) == 1

"""The adapters on the real datasets beside the repository."""

from __future__ import annotations

from pathlib import Path

from training.common.datasets import discover


def test_real_sets_have_both_labels_and_known_people(shared_photos: Path) -> None:
    names = set()
    for dataset in discover(shared_photos):
        names.add(dataset.name)
        if dataset.name == "celeba":
            assert all(sample.identity for sample in dataset.samples)
        assert any(sample.has_glasses for sample in dataset.samples)
    assert {"celeba", "meglass", "lfw", "sof_sample"} <= names

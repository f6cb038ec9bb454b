"""The adapters on the real sets, where they lie beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.datasets import discover

ROOT = os.environ.get("GLASSES_TRAIN_DATA")

pytestmark = pytest.mark.skipif(
    ROOT is None, reason="no labelled photos: set GLASSES_TRAIN_DATA to their folder"
)


def test_real_sets_have_both_labels_and_known_people() -> None:
    for dataset in discover(Path(ROOT or "")):
        if dataset.name == "celeba":
            assert all(sample.identity for sample in dataset.samples)
        assert any(sample.has_glasses for sample in dataset.samples)

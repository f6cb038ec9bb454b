"""The fingerprint changes with everything that a probability depends on."""

from __future__ import annotations

from typing import Any

import pytest

from worker import model_store
from worker.manifest import Manifest

MANIFEST = model_store.load("default").manifest


def changed(**values: Any) -> Manifest:
    return Manifest.model_validate(MANIFEST.model_dump() | values)


@pytest.mark.parametrize(
    "values",
    [
        {"sha256": "0" * 64},
        {"calibration": {"temperature": 3.0, "bias": 0.0}},
        {"input": MANIFEST.input.model_dump() | {"crop_margin": 0.5}},
    ],
)
def test_what_changes_probabilities_changes_it(values: dict[str, Any]) -> None:
    assert changed(**values).identity != MANIFEST.identity


def test_what_is_only_told_does_not() -> None:
    assert changed(metrics={}, threshold=0.123).identity == MANIFEST.identity

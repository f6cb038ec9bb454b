from __future__ import annotations

import csv
from pathlib import Path

import pytest

from worker.vision.pipeline import Pipeline

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return TESTS / "fixtures"


@pytest.fixture(scope="session")
def brightness_model(fixtures: Path) -> Path:
    """Return a model of 143 bytes: the brighter the crop, the higher the probability of glasses."""
    return fixtures / "brightness_model"


@pytest.fixture(scope="session")
def pipeline(brightness_model: Path) -> Pipeline:
    return Pipeline.load(str(brightness_model))


@pytest.fixture(scope="session")
def expected() -> dict[str, str]:
    """Return the expected verdict of every demo photo."""
    with (TESTS.parent / "demo" / "expected.csv").open(encoding="utf-8", newline="") as file:
        return {row["image"]: row["expected"] for row in csv.DictReader(file)}

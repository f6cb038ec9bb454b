"""A release is what the worker serves, and its card says what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glasses.errors import ModelError
from training.release import release
from worker import model_store


@pytest.fixture
def report() -> dict[str, Any]:
    line = {
        "photos": 10,
        "positives": 5,
        "no_face": 1,
        "no_face_positives": 1,
        "true_positives": 4,
        "false_positives": 0,
        "false_negatives": 1,
        "precision": 1.0,
        "recall": 0.8,
        "f1": 0.8889,
        "f1_interval": (0.7, 1.0),
    }
    part = {
        "threshold": 0.6,
        "calibration": {"temperature": 1.2, "bias": -0.3},
        "by_dataset": {"mine": line, "whole photos": line, "overall": line},
        "f1_by_share": {"0.05": 0.8, "0.5": 0.9},
    }
    return {
        "network": {"crops": 100, "epochs": 6, "int8_bytes": 5, "int8_crops_per_second": 1000},
        "datasets": {"mine": "research only"},
        "validation_photos": 7,
        "int8": part,
        "fp32": part,
    }


def test_worker_serves_what_was_released(
    tmp_path: Path, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    models = tmp_path / "models"
    release(tmp_path / "int8.onnx", report, "net-1", models)
    monkeypatch.setattr(model_store, "MODELS", models)
    model = model_store.load("default")
    assert model.data == b"onnx"
    assert model.manifest.threshold == 0.6
    assert model.manifest.calibration.bias == -0.3
    (models / "net-1/model.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match="not the released one"):
        model_store.load("default")


def test_card_says_terms_figures_and_failures(tmp_path: Path, report: dict[str, Any]) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")
    text = (tmp_path / "models/net-1/CARD.md").read_text()
    assert "non-commercial research only" in text
    assert "- mine: research only" in text
    assert "| mine | 10 | 5 | 1.0000 | 0.8000 | 0.8889 |" in text
    assert "Of 1 people with glasses that were missed, 1 are in photos" in text

"""A release is what the worker serves, and its card says what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glasses.errors import ModelError
from training.release import MAX_BYTES, release
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
        "detector_recall": 0.8,
        "classifier_recall": 1.0,
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
        "areas": {"pr": 0.99, "roc": 0.98},
        "sweep": [{"threshold": 0.5, "precision": 0.9, "recall": 0.8, "f1": 0.85}],
        "reliability": {"bins": [], "error": 0.0123},
        "unsure": {"band": [0.1, 0.9], "share": 0.05, "wrong_inside": 3, "wrong_outside": 1},
        "robustness": {"dark": line},
    }
    return {
        "network": {"crops": 100, "epochs": 6, "int8_bytes": 5, "architecture": "MobileNetV2 1.0"}
        | {"variants": {"int8 of torch": {"bytes": 2_600_000, "crops_per_second": 9, "f1": 0.97}}},
        "datasets": {"mine": "research only"},
        "validation_photos": 7,
        "photos_per_second": 31.5,
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
    assert "| 0.8000 × 1.0000 |" in text
    assert "| int8 of torch | 2.60 | 9 | 0.9700 |" in text
    assert "| 0.5 | 0.9000 | 0.8000 | 0.8500 |" in text
    assert "off by 1.23%" in text
    assert "3 of the 4 wrong verdicts" in text
    assert "| dark | 1.0000 | 0.8000 | 0.8889 | 1 |" in text
    assert "31.5 photos/s" in text
    assert "curves.png" not in text


def test_card_shows_the_curves_if_there_are_any(tmp_path: Path, report: dict[str, Any]) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    (tmp_path / "curves.png").write_bytes(b"png")
    models = tmp_path / "models"
    release(tmp_path / "int8.onnx", report, "net-1", models, tmp_path / "curves.png")
    assert "![curves](curves.png)" in (models / "net-1/CARD.md").read_text()
    assert (models / "net-1/curves.png").read_bytes() == b"png"


def test_a_network_too_large_for_the_repository_is_not_released(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    (tmp_path / "int8.onnx").write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(ModelError, match="at most 3000000"):
        release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")

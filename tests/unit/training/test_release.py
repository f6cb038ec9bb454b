"""A release is what the worker serves, and its card says what was measured."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glasses.errors import ModelError, UsageError
from training import cli as training_cli
from training import detector_cli
from training.classifier import card_method
from training.classifier.release import release
from training.common.datasets.terms import OWN
from training.common.release import MAX_BYTES, check_target
from worker.vision import model_store


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
        "own_threshold": 0.6,
        "calibration": {"temperature": 1.2, "bias": -0.3},
        "calibration_basis": {"photos": 99, "mistakes": 6, "temperature_kept": False},
        "reduced_pass": {
            "size": 64,
            "certain_none": 0.02,
            "certain_glasses": 0.98,
            "certain_kind": 0.9,
            "calibration": {"temperature": 1.5, "bias": -0.2},
            "sunglasses_calibration": None,
        },
        "settled": 0.9312,
        "full_size_only": {"overall": {**line, "f1": 0.9, "false_negatives": 7}},
        "by_dataset": {"mine": line, "whole photos": line, "overall": line},
        "f1_by_share": {"0.05": 0.8, "0.5": 0.9},
        "areas": {"pr": 0.99, "roc": 0.98},
        "sweep": [{"threshold": 0.5, "precision": 0.9, "recall": 0.8, "f1": 0.85}],
        "reliability": {"bins": [], "error": 0.0123},
        "unsure": {"band": [0.1, 0.9], "share": 0.05, "wrong_inside": 3, "wrong_outside": 4},
        "robustness": {"dark": line},
    }
    return {
        "network": {"crops": 100, "epochs": 6, "int8_bytes": 5, "architecture": "MobileNetV2 1.0"}
        | {"start": {"text": "ImageNet weights (w.pth)", "model": ""}}
        | {"variants": {"int8 of torch": {"bytes": 2_600_000, "crops_per_second": 9, "f1": 0.97}}},
        "datasets": {"lfw": "research"},
        "validation_photos": 7,
        "unknown_people": {"lfw": 0},
        "copies": 2,
        "photos_per_second": 31.5,
        "int8": part,
        "fp32": part,
    }


def test_worker_serves_what_was_released(
    tmp_path: Path, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    models = tmp_path / "models"
    models.mkdir()
    (models / "DEFAULT").write_text("net-0\n")
    release(tmp_path / "int8.onnx", report, "net-1", models)
    monkeypatch.setattr(model_store, "MODELS", models)
    model = model_store.load("default")
    assert model.data == b"onnx"
    assert model.manifest.threshold == 0.6
    assert model.manifest.calibration.bias == -0.3
    assert model.manifest.reduced_pass
    assert model.manifest.reduced_pass.calibration.bias == -0.2
    (models / "net-1/model.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match="not the released one"):
        model_store.load("default")


def test_card_says_terms_figures_and_failures(tmp_path: Path, report: dict[str, Any]) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")
    text = (tmp_path / "models/net-1/CARD.md").read_text()
    assert "non-commercial research only" in text
    assert "- lfw: research" in text
    assert (
        "| mine | 10 | 5 | 1.0000 (0.510–1.000) | 0.8000 (0.376–0.964) | 0.8889 | 0.700–1.000 |"
        in text
    )
    assert "Of 1 people with glasses that were missed, 1 are in photos" in text
    assert "| 0.8000 × 1.0000 |" in text
    assert "| int8 of torch | 2.60 | 9 | 0.9700 |" in text
    assert "| 0.5 | 0.9000 | 0.8000 | 0.8500 |" in text
    assert "off by 1.23%" in text
    assert "3 of the 7 wrong verdicts" in text
    assert "| dark | 1.0000 | 0.8000 | 0.8889 | 1 |" in text
    assert "31.5 photos/s" in text
    assert "2 of them are copies of another test photo; no copy was used for training." in text
    assert "rests on 99 validation photos with a face, 6 of them mistakes. " not in text
    assert "rests on 99 validation photos with a face, 6 of them mistakes.\n" in text
    assert "curves.png" not in text
    assert (
        "if the probability of glasses is 0.02 or less there, or 0.98 or more: 93.1% of the faces "
        "of the test photos." in text
    )
    assert "F1 0.8889 (0 false alarms, 1 missed), full size alone 0.9 (0 false alarms, 7" in text


def test_card_of_a_network_without_a_reduced_pass_mentions_none(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    report["int8"]["reduced_pass"] = None
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    manifest = release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")
    assert manifest.reduced_pass is None
    assert "educed pass" not in (tmp_path / "models/net-1/CARD.md").read_text()


def test_card_of_own_photos_says_nothing_about_published_sets(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    for name in ("learning-curves.png", "weights.npz"):
        (tmp_path / name).write_bytes(b"x")
    report["datasets"] = {"mine": OWN}
    report["network"]["start"] = {"text": "the released model net-0", "model": "net-0"}
    extras = [tmp_path / name for name in ("curves.png", "learning-curves.png", "weights.npz")]
    manifest = release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models", extras)
    text = (tmp_path / "models/net-1/CARD.md").read_text()
    for word in ("celebrit", "web,", "research", "CelebA", "ImageNet", "1 to 2 %", "worst of"):
        assert word not in text
    assert "- mine: own photos, terms not stated" in text
    assert "`net-0`, from which training started, may know some of them" in text
    assert "from the released model net-0, 6 epochs" in text
    assert "The terms of `net-0` apply" in text
    assert "![learning curves](learning-curves.png)" in text
    assert manifest.started_from == "net-0"
    assert (tmp_path / "models/net-1/weights.npz").is_file()


def test_card_without_mistakes_certifies_nothing(tmp_path: Path, report: dict[str, Any]) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    part = report["int8"]
    line = part["by_dataset"]["mine"] | {"true_positives": 5, "false_negatives": 0}
    part["by_dataset"] = {"mine": line, "overall": line}
    part["unsure"] = part["unsure"] | {"wrong_inside": 0, "wrong_outside": 0}
    part["calibration_basis"] = {"photos": 20, "mistakes": 0, "temperature_kept": True}
    report["network"]["start"]["model"] = "net-0"
    release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")
    text = (tmp_path / "models/net-1/CARD.md").read_text()
    assert "- No mistakes among 10 test photos: too few to show failures." in text
    assert "that were missed" not in text
    assert "20 validation photos with a face, 0 of them mistakes. **Fewer than 5" in text
    assert "that of `net-0` (1.2) was kept" in text
    assert "off by" not in text
    assert "| no mistakes |" in text
    assert "1.000–1.000 |" not in text
    assert "0 verdicts on photos with a face are wrong: too few" in text


def test_card_of_a_test_part_without_positives_names_no_worst_set(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    line = report["int8"]["by_dataset"]["mine"]
    report["int8"]["by_dataset"] = {"mine": line | {"f1": None}, "overall": line}
    release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")
    text = (tmp_path / "models/net-1/CARD.md").read_text()
    assert "worst of" not in text
    assert " | – | – | 1 |" in text  # neither F1 nor an interval


@pytest.mark.parametrize(
    ("unknown", "says", "never"),
    [
        ({"a": 0, "b": 0}, ("10 photos of people of whom no", "drawn by person."), "unknown"),
        (
            {"a": 0, "b": 4},
            ("training, 6 of them of people of whom", "the other 4, of b, is unknown"),
            "about new people",
        ),
        (
            {"a": 6, "b": 4},
            ("10 photos that were not used", "the same people may be in", "drawn by photo."),
            "of whom no photo",
        ),
    ],
)
def test_card_claims_new_people_only_where_people_are_known(
    tmp_path: Path,
    report: dict[str, Any],
    unknown: dict[str, int],
    says: tuple[str, ...],
    never: str,
) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    report["unknown_people"] = unknown
    release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")
    text = (tmp_path / "models/net-1/CARD.md").read_text()
    assert all(part in text for part in says)
    assert never not in text


def test_card_shows_the_curves_if_there_are_any(tmp_path: Path, report: dict[str, Any]) -> None:
    (tmp_path / "int8.onnx").write_bytes(b"onnx")
    (tmp_path / "curves.png").write_bytes(b"png")
    models = tmp_path / "models"
    release(tmp_path / "int8.onnx", report, "net-1", models, [tmp_path / "curves.png"])
    assert "![curves](curves.png)" in (models / "net-1/CARD.md").read_text()
    assert (models / "net-1/curves.png").read_bytes() == b"png"


def test_a_network_too_large_for_the_repository_is_not_released(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    (tmp_path / "int8.onnx").write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(ModelError, match="at most 3000000"):
        release(tmp_path / "int8.onnx", report, "net-1", tmp_path / "models")


def test_an_existing_release_is_replaced_only_with_force(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    network, models = tmp_path / "int8.onnx", tmp_path / "models"
    network.write_bytes(b"first")
    (tmp_path / "curves.png").write_bytes(b"png")
    release(network, report, "net-1", models, [tmp_path / "curves.png"])
    assert [path.name for path in models.iterdir()] == ["net-1"]
    network.write_bytes(b"second")
    with pytest.raises(UsageError, match="net-1 exists: choose another name with --name"):
        release(network, report, "net-1", models)
    assert model_store.load(str(models / "net-1")).data == b"first"
    release(network, report, "net-1", models, force=True)
    assert model_store.load(str(models / "net-1")).data == b"second"
    found = {path.name for path in (models / "net-1").iterdir()}
    assert found == {"model.onnx", "manifest.json", "CARD.md"}
    assert [path.name for path in models.iterdir()] == ["net-1"]


def test_force_replaces_nothing_but_a_release(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(UsageError, match="is not a released model"):
        check_target(tmp_path, "photos", force=True)
    with pytest.raises(UsageError, match="invalid name 'My Model'"):
        check_target(tmp_path, "My Model")
    check_target(tmp_path, "new")


@pytest.mark.parametrize("command", [["all"], ["detector", "all"]])
def test_training_refuses_an_existing_name_before_any_work(
    tmp_path: Path, command: list[str]
) -> None:
    pytest.importorskip("torch")
    (tmp_path / "models/mine").mkdir(parents=True)
    line = [sys.executable, "-P", "-m", "training.cli", *command, "--name", "mine"]
    done = subprocess.run(
        [*line, "--data", "no-data"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("glasses-train: models/mine exists: ")


def test_nothing_is_released_into_the_package_by_default() -> None:
    for command in (training_cli.release, training_cli.everything, detector_cli.release):
        assert inspect.signature(command).parameters["models"].default == Path("models")


def test_the_card_says_that_a_threshold_was_chosen_by_hand() -> None:
    report = {"validation_photos": 9, "int8": {"threshold": 0.4, "own_threshold": 0.6}}
    assert "a threshold of 0.6 has" in card_method._threshold(report)
    assert "0.4 was chosen by hand" in card_method._threshold(report)

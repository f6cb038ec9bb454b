"""Networks are trained alike from random weights, and compared: for real, on very few photos."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from training.classifier import scoring
from training.classifier.recipe import ClassifierRecipe
from training.common.crops import make_crops
from training.common.workspace import Workspace
from training.compare import backbones

DEMO = Path(__file__).parents[3] / "demo"
NAMES = ("mobilenet_v2", "mobilenet_v3_small")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A folder of labelled photos, each of another person."""
    root = tmp_path_factory.mktemp("backbones")
    folder = root / "data" / "mine"
    folder.mkdir(parents=True)
    lines = ["path,has_glasses,identity"]
    photos = [path for path in sorted((DEMO / "photos").glob("*.jpg")) if path.stat().st_size]
    for number, photo in enumerate(photos * 2):
        shutil.copy(photo, folder / f"{number}.jpg")
        lines.append(f"{number}.jpg,{number % 2},{number}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    found = Workspace(root / "data", root / "runs")
    make_crops(found.datasets, found.crops, 1)
    return found


def test_every_network_has_a_line_and_a_run_of_its_own(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "SPEED_SECONDS", 0.02)
    report = backbones.run(work, ClassifierRecipe(epochs=1, batch=8), NAMES)
    assert set(report["networks"]) == set(NAMES)
    v2, v3 = (report["networks"][name] for name in NAMES)
    assert v2["parameters"] == pytest.approx(2.22e6, rel=0.01)
    assert v3["parameters"] == pytest.approx(1.52e6, rel=0.01)
    assert v2["bytes"] > v3["bytes"] > 500_000
    for line in (v2, v3):
        assert 0 <= line["int8_f1"] <= 1
        assert line["int8_crops_per_second"] > 1
        assert line["fp32_crops_per_second"] > 1
    runs = {path.parent.parent.name for path in work.runs.rglob("run.pt")}
    assert runs == {"ours+random+mobilenet_v2", "ours+random+mobilenet_v3_small"}
    assert json.loads((work.run / backbones.REPORT).read_text()) == json.loads(json.dumps(report))
    text = backbones.table(report)
    assert f"| MobileNetV2 1.0 | {v2['parameters'] / 1e6:.2f} | {v2['bytes'] / 1e6:.2f} |" in text
    assert "| MobileNetV3 Small 1.0 | 1.52 |" in text

"""The second output: taps, head, attachment, calibration, release; labels of kinds."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from glasses.errors import UsageError  # noqa: E402
from glasses.protocol.eyewear import Eyewear  # noqa: E402
from tests.support.sorting import JPEG  # noqa: E402
from training.classifier.kinds.attach import attach, without_head  # noqa: E402
from training.classifier.kinds.evaluate import DecidingFaces, calibrate, figures  # noqa: E402
from training.classifier.kinds.features import Features, runner  # noqa: E402
from training.classifier.kinds.head import KindHead, fit, logits_of  # noqa: E402
from training.classifier.kinds.release import KindsResult, release_again  # noqa: E402
from training.classifier.kinds.taps import Tap, find_taps  # noqa: E402
from training.classifier.recipe import HeadRecipe  # noqa: E402
from training.classifier.scoring import OnnxScorer  # noqa: E402
from training.classifier.stages.kinds import check_kinds  # noqa: E402
from training.common.cache import file_hash  # noqa: E402
from training.common.datasets import discover  # noqa: E402
from training.common.geometry import SIZE  # noqa: E402
from training.common.sample import Sample  # noqa: E402
from worker.vision import model_store  # noqa: E402
from worker.vision.classify import LOGITS, SUNGLASSES, OnnxClassifier  # noqa: E402
from worker.vision.model_manifest import Calibration, ReducedPass  # noqa: E402

NONE, CLEAR, DARK = Eyewear
RNG = np.random.default_rng(0)
CROPS = RNG.integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
BRIGHTNESS = Path(__file__).parents[2] / "fixtures" / "brightness_model" / "model.onnx"


@pytest.fixture(scope="module")
def network() -> Any:
    """Return the released network without its second output."""
    return without_head(onnx.load_from_string(model_store.load("default").data))


@pytest.fixture(scope="module")
def taps(network: Any) -> list[Tap]:
    return find_taps(network)


def test_taps_are_two_maps_and_the_pooled_features(taps: list[Tap]) -> None:
    assert [tap.shape for tap in taps] == [(32, 12, 12), (64, 6, 6), (1280,)]


def test_an_attached_head_leaves_the_first_output_equal_to_the_bit(
    network: Any, taps: list[Tap], tmp_path: Path
) -> None:
    head = KindHead(taps).eval()
    paths = [tmp_path / "one.onnx", tmp_path / "two.onnx"]
    onnx.save(network, paths[0])
    onnx.save(attach(network, taps, head), paths[1])
    one, two = map(OnnxScorer, paths)
    logits, dark = two.outputs(CROPS, [LOGITS, SUNGLASSES])
    np.testing.assert_array_equal(logits, one(CROPS))
    ours = logits_of(head, runner(network, taps)(CROPS), taps)
    np.testing.assert_allclose(dark, ours, atol=1e-4)
    assert np.ptp(dark) > 0
    again = without_head(onnx.load(paths[1]))
    assert again.SerializeToString() == network.SerializeToString()


def test_a_network_without_such_layers_is_rejected() -> None:
    with pytest.raises(UsageError, match="no layers of an eighth and a sixteenth"):
        find_taps(onnx.load(BRIGHTNESS))


def test_a_head_learns_to_tell_dark_places_apart(taps: list[Tap]) -> None:
    labels = np.arange(256) % 2 == 0
    values = RNG.integers(100, 156, (256, sum(tap.size for tap in taps)), dtype=np.uint8)
    values[labels, :144] -= 60  # the first channel of the first map
    features = Features(values, labels, np.array(["a"] * 256))
    head = fit(features, taps, HeadRecipe(epochs=6, batch=32))
    assert ((logits_of(head, values, taps) > 0) == labels).mean() > 0.95
    assert len(features.without({"a"}).labels) == 0


def sample(number: int, eyewear: Eyewear | None) -> Sample:
    is_worn = eyewear is not NONE
    return Sample(Path(f"{number}.jpg"), f"set/{number}.jpg", is_worn, None, "set", eyewear=eyewear)


def deciding(labels: list[Eyewear], glasses: list[float], dark: list[float]) -> DecidingFaces:
    samples = [sample(i, eyewear) for i, eyewear in enumerate(labels)]
    has_face = np.array(glasses) > 0
    return DecidingFaces(samples, np.array(glasses), np.array(dark), has_face)


def test_figures_are_about_verdicts_of_the_whole_pipeline() -> None:
    labels = [DARK, DARK, CLEAR, CLEAR, NONE, NONE]
    faces = deciding(labels, [0.9, 0.0, 0.9, 0.9, 0.1, 0.9], [3, 0, -3, 2, 3, -3])
    line = figures(faces, 0.5, Calibration())["set"]
    assert line["matrix"] == [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    assert line["macro_f1"] == 0.5
    assert line["kind_accuracy"] == round(2 / 3, 4)


def test_a_calibration_is_of_photos_of_both_kinds_with_a_face() -> None:
    labels = [DARK, CLEAR] * 40
    dark = [(4.0 if label is DARK else 1.0) + RNG.normal() for label in labels]
    faces = deciding(labels, [0.9] * 80, dark)
    found = calibrate(faces).calibration
    called = [eyewear is DARK for eyewear in faces.verdicts(0.5, found)]
    assert np.mean([a == (b is DARK) for a, b in zip(called, labels, strict=True)]) > 0.85
    with pytest.raises(UsageError, match="one kind of glasses only"):
        calibrate(deciding([CLEAR] * 3, [0.9] * 3, [0.0] * 3))


def test_too_few_photos_of_a_kind_are_rejected() -> None:
    photos = [sample(i, CLEAR) for i in range(60)] + [sample(99, DARK), sample(100, None)]
    with pytest.raises(UsageError, match=r"1 photos of sunglasses .* in folders eyeglasses/"):
        check_kinds(photos)


def test_a_release_gets_a_second_output_and_a_section_on_its_card(
    network: Any, taps: list[Tap], tmp_path: Path
) -> None:
    base = tmp_path / "base" / "model.onnx"
    path = tmp_path / "kinds" / "model.onnx"
    for each in (base, path):
        each.parent.mkdir()
    onnx.save(network, base)
    first = ReducedPass(
        size=64,
        certain_none=0.1,
        certain_glasses=0.9,
        certain_kind=0.9,
        calibration=Calibration(),
    )
    old = model_store.load("default").manifest.model_copy(
        update={
            "name": "base",
            "sha256": file_hash(base),
            "sunglasses_calibration": None,
            "reduced_pass": first,
        }
    )
    (base.parent / "manifest.json").write_text(old.model_dump_json())
    (base.parent / "CARD.md").write_text(
        "# base\n\nint8, 2.61 MB.\n\n## Accuracy\n\n`base`.\n\n## Failure cases\n\n- None.\n"
    )
    onnx.save(attach(network, taps, KindHead(taps).eval()), path)
    faces = deciding([DARK, CLEAR, NONE], [0.9, 0.9, 0.1], [2, -2, 0])
    report = {
        "base": file_hash(base),
        "network": file_hash(path),
        "bytes": path.stat().st_size,
        "calibration": {"temperature": 2.0, "bias": 0.5},
        "calibration_basis": {"photos": 9, "mistakes": 1},
        "reduced_pass": {
            **first.model_dump(),
            "sunglasses_calibration": {"temperature": 3.0, "bias": 0.1},
        },
        "settled": 0.9,
        "threshold": 0.5,
        "training_photos": {"eyeglasses": 60, "sunglasses": 50},
        "datasets": {"own": "own photos, terms not stated"},
        "by_dataset": figures(faces, 0.5, Calibration()),
    }
    (path.parent / "report.json").write_text(json.dumps(report))
    result = KindsResult.read(path.parent, base)
    assert result
    manifest = release_again(str(base.parent), result, "mine", tmp_path / "models")
    card = (tmp_path / "models" / "mine" / "CARD.md").read_text()
    assert card.startswith("# mine\n\nint8, 2.69 MB.\n")
    headings = [line for line in card.splitlines() if line.startswith("## ")]
    assert headings == ["## Accuracy", "## Eyeglasses and sunglasses", "## Failure cases"]
    assert manifest.sunglasses_calibration == Calibration(temperature=2.0, bias=0.5)
    assert manifest.reduced_pass
    assert manifest.reduced_pass.sunglasses_calibration == Calibration(temperature=3.0, bias=0.1)
    assert "own" in manifest.trained_on
    classifier = OnnxClassifier(model_store.load(str(tmp_path / "models" / "mine")))
    before = OnnxClassifier(model_store.load(str(base.parent)))
    ours, theirs = classifier(list(CROPS)), before(list(CROPS))
    assert [each.glasses for each in ours] == [each.glasses for each in theirs]
    assert all(each.sunglasses is not None for each in ours)
    assert all(each.sunglasses is None for each in theirs)
    assert KindsResult.read(path.parent, path) is None  # of another network


@pytest.mark.parametrize("folder", ["eyeglasses", "Eyeglasses"])
def test_folders_of_both_kinds_tell_kinds(tmp_path: Path, folder: str) -> None:
    for name in (folder, "sunglasses", "no_glasses"):
        (tmp_path / "own" / name).mkdir(parents=True)
        (tmp_path / "own" / name / "a.jpg").write_bytes(JPEG + name.encode())
    (found,) = discover(tmp_path)
    kinds = {each.path.parent.name.lower(): each.eyewear for each in found.samples}
    assert kinds == {"eyeglasses": CLEAR, "sunglasses": DARK, "no_glasses": NONE}


def test_a_folder_of_eyeglasses_alone_may_hold_any_glasses(tmp_path: Path) -> None:
    for name in ("eyeglasses", "no_glasses"):
        (tmp_path / "own" / name).mkdir(parents=True)
        (tmp_path / "own" / name / "a.jpg").write_bytes(JPEG + name.encode())
    (found,) = discover(tmp_path)
    assert {each.eyewear for each in found.samples} == {None, NONE}


def test_kinds_are_read_from_a_column_and_from_a_table_beside_the_sets(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    rows = [("a", 1, "sunglasses"), ("b", 1, "unsure"), ("c", 0, "none"), ("d", 1, "")]
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "has_glasses", "kind"), *rows])
    for name, *_ in rows:
        (folder / name).write_bytes(JPEG + name.encode())
    (found,) = discover(tmp_path)
    assert [each.eyewear for each in found.samples] == [DARK, None, NONE, None]
    (tmp_path / "kinds.csv").write_text("dataset,path,kind\nown,d,eyeglasses\nown,a,unsure\n")
    (found,) = discover(tmp_path)
    assert [each.eyewear for each in found.samples] == [None, None, NONE, CLEAR]
    (tmp_path / "kinds.csv").write_text("path,kind\n")
    with pytest.raises(UsageError, match="missing column dataset"):
        discover(tmp_path)

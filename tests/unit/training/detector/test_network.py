"""The network, its losses, and the files that are released."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.detector.export import export, normal  # noqa: E402
from training.detector.loss import box_loss, heat_loss  # noqa: E402
from training.detector.network import ProposalNetwork, weights_of  # noqa: E402
from worker.vision.detect.proposal import STRIDE  # noqa: E402
from worker.vision.detect.proposal import FaceProposer as Served  # noqa: E402


def test_network_is_tiny_and_answers_at_every_eighth_pixel() -> None:
    model = ProposalNetwork().eval()
    assert weights_of(model) < 150_000
    logits, boxes = model(torch.zeros(2, 3, 96, 160))
    assert logits.shape == (2, 1, 96 // STRIDE, 160 // STRIDE)
    assert boxes.shape == (2, 3, 96 // STRIDE, 160 // STRIDE)


def test_right_answers_cost_least() -> None:
    heat = torch.zeros(1, 4, 4)
    heat[0, 1, 2] = 1
    free, trust = torch.ones(1, 4, 4), torch.tensor([True])
    right = torch.where(heat == 1, 6.0, -6.0)
    costs = [float(heat_loss(x, heat, free, trust)) for x in (right, torch.zeros(1, 4, 4), -right)]
    assert costs == sorted(costs)
    box = torch.ones(1, 3, 4, 4)
    assert float(box_loss(box, box, heat)) == 0


def test_trained_network_may_contradict_photos_with_unlisted_faces() -> None:
    sure = torch.full((1, 4, 4), 5.0)
    heat, free = torch.zeros(1, 4, 4), torch.ones(1, 4, 4)
    assert float(heat_loss(sure, heat, free, torch.tensor([False]))) == 0
    assert float(heat_loss(sure, heat, free, torch.tensor([True]))) > 10


def test_released_files_take_pixels_and_say_what_the_network_says(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = ProposalNetwork().eval()
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 255, (64, 96, 3), dtype=np.uint8) for _ in range(4)]
    export(model, tmp_path / "fp32.onnx", tmp_path / "int8.onnx", photos)
    with torch.inference_mode():
        wanted = model(torch.from_numpy(normal(photos[0])))[0].numpy()
    assert (tmp_path / "int8.onnx").stat().st_size < 500_000
    for name, tolerance in (("fp32", 1e-4), ("int8", 0.1)):
        served = Served((tmp_path / f"{name}.onnx").read_bytes())
        logits, _ = served._session.run(None, {"pixels": photos[0][None]})
        assert logits == pytest.approx(wanted, abs=tolerance)
        assert served(photos[0], 96, 0.5) == []

"""The network, its loss, its weights, and the file that is released."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", exc_type=ImportError)

import torch

from glasses.errors import UsageError
from training.detector.export import export
from training.detector.loss import Goals, loss_of
from training.detector.network import FEATURES, YuNet, cells_of, joined, log_scores, weights_of
from training.detector.weights import from_library, from_release
from worker.vision import model_store
from worker.vision.detect.cascade import RELEASE
from worker.vision.detect.positions import probable_squares
from worker.vision.detect.proposal import GRIDS, TO_SQUARE, FaceProposer

RELEASED = model_store.MODELS / RELEASE / "model.onnx"


@pytest.fixture(scope="module")
def released() -> YuNet:
    return from_release(RELEASED)


def test_the_network_is_tiny_and_answers_at_three_strides() -> None:
    model = YuNet().eval()
    assert weights_of(model) < 60_000
    levels = model.levels(torch.zeros(2, 3, 96, 160))
    assert [level.shape[2:] for level in levels] == [(12, 20), (6, 10), (3, 5)]
    assert joined(levels).shape == (2, 315, 16)
    assert cells_of(levels)[0, :2].tolist() == [[0, 0, 8], [1, 0, 8]]
    assert cells_of(levels)[0, -1].tolist() == [4, 2, 32]


def test_a_square_is_linear_in_box_and_landmarks() -> None:
    model = YuNet()
    model.to_square[0] = torch.tensor([0.0, 0.1, 0.5])
    found = torch.zeros(1, 1, 16)  # a box of 16 × 16 px around the corner of its cell
    square = model.squares(found, torch.tensor([[[3.0, 2.0, 16.0]]]))
    assert square.tolist() == [[[48, pytest.approx(33.6), 8]]]
    assert model.to_square.shape == (FEATURES, 3)


def loss(found: torch.Tensor, taught: torch.Tensor, empty: float, faces: torch.Tensor) -> float:
    squares = torch.tensor([[[50.0, 50, 40], [150, 150, 40]]])
    goals = Goals(faces, torch.zeros(1, 1, 3), torch.tensor([empty]))
    return float(loss_of(found, taught, squares, goals))


def outputs(*logits: float) -> torch.Tensor:
    return torch.stack([torch.full((16,), 0.0).index_fill(0, torch.tensor([0, 1]), value)
                        for value in logits])[None]  # fmt: skip


def test_scores_rise_at_faces_and_stay_elsewhere() -> None:
    face, taught = torch.tensor([[[52.0, 49, 42]]]), outputs(0.0, -3.0)
    costs = [loss(outputs(logit, -3.0), taught, 0.0, face) for logit in (3.0, 0.0, -3.0)]
    assert costs == sorted(costs)
    assert loss(outputs(0.0, 0.0), taught, 0.0, face) > loss(taught, taught, 0.0, face)


def test_scores_fall_where_there_is_no_face() -> None:
    nothing, taught = torch.zeros(1, 1, 3), outputs(1.0, 1.0)
    costs = [loss(outputs(logit, logit), taught, 1.0, nothing) for logit in (-3.0, 0.0, 3.0)]
    assert costs == sorted(costs)
    assert loss(taught, taught, 0.0, nothing) == pytest.approx(0, abs=1e-6)


def test_the_released_file_takes_pixels_and_says_what_the_network_says(
    released: YuNet, tmp_path: Path
) -> None:
    export(released, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").stat().st_size < 300_000
    served = FaceProposer((tmp_path / "model.onnx").read_bytes())
    pixels = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    with torch.inference_mode():
        planes = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
        wanted = released(planes)
        levels = released.levels(planes)
        squares = released.squares(joined(levels), cells_of(levels))[0].numpy()
        scores = log_scores(joined(levels))[0].exp().numpy()
    found = served._session.run([*GRIDS, TO_SQUARE], {"pixels": pixels[None]})
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other.numpy(), rel=1e-3, abs=1e-3)
    least = float(np.sort(scores)[-6])
    best = np.argsort(-scores, kind="stable")[:5]
    served_squares = probable_squares([each[0] for each in found[:3]], found[3], least)
    assert served_squares[:, :3] == pytest.approx(squares[best], rel=1e-3, abs=1e-2)
    assert served_squares[:, 3] == pytest.approx(scores[best], rel=1e-3)
    again = from_release(tmp_path / "model.onnx")
    assert all(torch.equal(v, released.state_dict()[n]) for n, v in again.state_dict().items())


def test_scores_are_probabilities() -> None:
    scores = log_scores(outputs(-9.0, 0.0, 9.0)).exp()[0]
    assert scores.tolist() == [pytest.approx(0, abs=1e-3), 0.5, pytest.approx(1, abs=1e-3)]


def test_files_without_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "nothing").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="nothing has no weights of this network"):
        from_release(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"cannot load .*nothing"):
        from_library(tmp_path / "nothing")

"""Training of the detector: resumable, and from released weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", exc_type=ImportError)

import torch

from glasses.errors import UsageError
from training.common.checkpoint import load, load_average
from training.common.distributed import ComputeDevice
from training.common.workspace import Workspace
from training.detector.fit import fit
from training.detector.network import YuNet
from training.detector.recipe import DetectorRecipe
from training.detector.scenes import PhotoStore, SceneComposer, SourcePhoto
from training.detector.square import squares
from training.detector.stages import initial_network
from training.detector.validation import propose
from training.detector.workspace import DetectorWorkspace
from worker.vision import model_store
from worker.vision.decode import decode
from worker.vision.detect.cascade import RELEASE

HERE = ComputeDevice(torch.device("cpu"))
TINY = DetectorRecipe(blocks=1, steps=1, batch=4, ema=0.0)
INIT = model_store.MODELS / RELEASE / "model.onnx"


@pytest.fixture(scope="module")
def composer() -> SceneComposer:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 80, 3), dtype=np.uint8)
    photo = SourcePhoto(pixels, squares([(40, 45, 30)]))
    return SceneComposer(PhotoStore([photo], [], HERE.device))


def train(composer: SceneComposer, into: Path, recipe: DetectorRecipe) -> Path:
    return fit(composer, recipe, into, "photos", lambda _: {"recall": 0.0}, HERE, INIT)


def test_training_continues_after_the_last_block(composer: SceneComposer, tmp_path: Path) -> None:
    path = train(composer, tmp_path, TINY)
    first = load(path)
    assert (first["epoch"], first["start"]["text"]) == (1, f"the weights of {RELEASE}")
    assert load(train(composer, tmp_path, TINY))["epoch"] == 1
    with pytest.raises(UsageError, match="trained with other hyperparameters"):
        train(composer, tmp_path, dataclasses.replace(TINY, rate=1e-5))


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")  # which share each batch
def test_same_seed_trains_the_same_network(composer: SceneComposer, tmp_path: Path) -> None:
    one, other = (load(train(composer, tmp_path / name, TINY)) for name in ("a", "b"))
    for name, _ in YuNet().named_parameters():
        assert torch.equal(one["model"][name], other["model"][name]), name


def test_training_starts_with_what_the_released_network_finds(
    composer: SceneComposer, tmp_path: Path, demo_photos: Path
) -> None:
    path = train(composer, tmp_path, dataclasses.replace(TINY, rate=1e-9))
    model = load_average(path, YuNet())
    pixels = decode((demo_photos / "group-with-glasses.jpg").read_bytes()).pixels
    assert len(propose(model, pixels, 256, 0.5)) == 3


def test_unknown_weights_are_named(tmp_path: Path) -> None:
    work = DetectorWorkspace(Workspace(tmp_path, tmp_path), None)
    with pytest.raises(UsageError, match="no network 'nowhere'"):
        initial_network("nowhere", work)

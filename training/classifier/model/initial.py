"""The option `--init`: which weights training starts from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glasses.errors import ModelError, UsageError
from training.classifier.model.backbones import DEFAULT
from training.common.datasets import Dataset
from training.common.run_files import CHECKPOINT, WEIGHTS
from worker.vision import model_store
from worker.vision.model_manifest import ModelManifest

RELEASED: Final = "released"
RANDOM: Final = "random"


@dataclass(frozen=True, slots=True)
class InitialWeights:
    """Weights to start from.

    Attributes:
        path: The file; None stands for random weights.
        text: What they are, for the card.
        model: Name of the released model whose weights they are; its terms apply to what is
            trained from them.
        temperature: That of the released model's calibration; 1 for other weights.
    """

    path: Path | None
    text: str
    model: str = ""
    temperature: float = 1.0

    @property
    def facts(self) -> dict[str, str | float]:
        """What a checkpoint keeps."""
        return {"text": self.text, "model": self.model, "temperature": self.temperature}


def initial_weights(init: str | None, backbone: str, datasets: Iterable[Dataset]) -> InitialWeights:
    """Return the weights that `--init` names.

    Args:
        init: `released`, `random`, the name or folder of a released model, or a file. None stands
            for `released`, if nobody published the datasets.
        backbone: The network to train.
        datasets: What it is trained on.

    Raises:
        UsageError: There are no such weights, or they must be chosen.
    """
    if init is None:
        _check_default(backbone, datasets)
        init = RELEASED
    if init == RANDOM:
        return InitialWeights(None, "random weights")
    if (path := Path(init)).is_file():
        return _file(path)
    try:
        folder = model_store.find(model_store.DEFAULT if init == RELEASED else init)
        manifest, _ = model_store.read(folder, ModelManifest)
    except ModelError as error:
        raise UsageError(
            f"no weights {init!r}: give --init a file (.npz, .pth, run.pt), the folder of a "
            f"release, {RELEASED} or {RANDOM}. {error}"
        ) from None
    weights = folder / WEIGHTS
    path = weights if weights.is_file() else folder / manifest.file
    kept = "" if weights.is_file() else ", dequantized from 8 bits"
    return _released(path, manifest, kept)


def _file(path: Path) -> InitialWeights:
    manifest = path.with_name("manifest.json")
    if manifest.is_file() and path.suffix in {".npz", ".onnx"}:
        model = ModelManifest.model_validate_json(manifest.read_text())
        return _released(path, model, f" ({path.name})")
    if path.name == CHECKPOINT:
        return InitialWeights(path, f"an earlier run ({path.name})")
    return InitialWeights(path, f"ImageNet weights ({path.name})")


def _released(path: Path, manifest: ModelManifest, remark: str) -> InitialWeights:
    return InitialWeights(
        path,
        f"the released model {manifest.name}{remark}",
        manifest.name,
        manifest.calibration.temperature,
    )


def _check_default(backbone: str, datasets: Iterable[Dataset]) -> None:
    if backbone != DEFAULT:
        raise UsageError(
            f"the released model is a {DEFAULT}: give {backbone} other weights with --init, such "
            f"as torchvision's .pth, or {RANDOM}"
        )
    if published := [dataset.name for dataset in datasets if dataset.is_published]:
        raise UsageError(
            "choose --init: the released model was trained on published datasets, and may know "
            f"the test photos of {', '.join(published)}. Give ImageNet weights: a .pth of "
            "torchvision, see docs/howto/own-model.md"
        )

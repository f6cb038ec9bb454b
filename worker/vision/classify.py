"""Classification: face crops to probabilities of glasses and sunglasses, with one network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from glasses.errors import ModelError
from worker.vision.decode import Pixels
from worker.vision.model_manifest import Calibration, ModelInput
from worker.vision.model_store import ReleasedModel
from worker.vision.onnx_session import session, shrinking
from worker.vision.reduced_pass import reduced, settles

LOGITS, SUNGLASSES = "logits", "sunglasses"
"""Names of the network's outputs: logits of glasses, and of sunglasses given glasses (optional)."""
BATCH = 4
"""Crops per call at full size. Larger batches are not faster per crop and need more memory."""
CROP_SIZE = "crop_size"
"""Key in the metadata of a network for crops of any size: the side in px of those at full size."""


class FaceProbabilities(NamedTuple):
    """What the network says about a face.

    Attributes:
        glasses: Probability of glasses, 0..1.
        sunglasses: If these are glasses, probability that they are sunglasses; None if the model
            does not tell kinds.
    """

    glasses: float
    sunglasses: float | None = None


class Classifier(Protocol):
    """Estimates what faces wear, from their crops."""

    input: ModelInput
    threshold: float
    name: str
    version: str
    """Part of the model fingerprint: changes whenever a probability may change."""

    def __call__(self, crops: list[Pixels]) -> list[FaceProbabilities]:
        """Classify crops.

        Args:
            crops: Each size × size × 3, uint8, RGB.

        Returns:
            Calibrated probabilities for each crop.
        """
        ...

    def warm_up(self) -> None:
        """Run the network once and free the memory that the run needed."""
        ...


class OnnxClassifier:
    """A released model on ONNX Runtime, single-threaded (processes provide the parallelism).

    Raises:
        ModelError: The file is not an ONNX model, or its input size or its outputs differ from the
            manifest.
    """

    def __init__(self, model: ReleasedModel) -> None:
        try:
            self._session = session(model.data)
        except Exception as error:
            raise ModelError(
                f"model {model.manifest.name} is not a valid ONNX model: {error}"
            ) from error
        self._first = model.manifest.reduced_pass
        sizes = {model.manifest.input.size, *([self._first.size] if self._first else [])}
        sides = {side for side in self._session.get_inputs()[0].shape[1:] if isinstance(side, int)}
        fixed = sides - {3}
        metadata = self._session.get_modelmeta().custom_metadata_map
        stated = int(metadata.get(CROP_SIZE, model.manifest.input.size))
        if (fixed and fixed != sizes) or stated != model.manifest.input.size:
            raise ModelError(
                f"model {model.manifest.name} expects crops of {max(fixed, default=stated)} px, "
                f"but its manifest says {' and '.join(map(str, sorted(sizes)))} px: release it "
                "again"
            )
        self._calibration = model.manifest.calibration
        self._sunglasses = model.manifest.sunglasses_calibration
        self._outputs = [LOGITS] if self._sunglasses is None else [LOGITS, SUNGLASSES]
        missing = set(self._outputs) - {output.name for output in self._session.get_outputs()}
        if missing:
            raise ModelError(
                f"model {model.manifest.name} has no output {', '.join(sorted(missing))}, but its "
                "manifest says so: release it again"
            )
        self.input = model.manifest.input
        self.threshold = model.manifest.threshold
        self.name = model.manifest.name
        self.version = model.manifest.identity

    def __call__(self, crops: Sequence[Pixels]) -> list[FaceProbabilities]:
        """Classify crops; see `Classifier`."""
        first = self._first
        if first is None:
            return self.at_full_size(crops)
        small = reduced(crops, first.size)
        found = self._run(small, first.calibration, first.sunglasses_calibration)
        unsettled = [i for i, each in enumerate(found) if not settles(first, *each)]
        second = self.at_full_size([crops[i] for i in unsettled])
        for i, face in zip(unsettled, second, strict=True):
            found[i] = face
        return found

    def at_full_size(self, crops: Sequence[Pixels]) -> list[FaceProbabilities]:
        """Classify crops without a reduced pass."""
        return self._run(crops, self._calibration, self._sunglasses)

    def _run(
        self,
        crops: Sequence[Pixels] | Pixels,
        calibration: Calibration,
        of_sunglasses: Calibration | None,
    ) -> list[FaceProbabilities]:
        result: list[FaceProbabilities] = []
        for batch in batches(crops, self.input.size):
            logits, *dark = self._session.run(self._outputs, feed(self._session, batch, self.input))
            glasses = probabilities(np.asarray(logits).reshape(-1), calibration)
            sunglasses: Sequence[float | None] = [None] * len(glasses)
            if of_sunglasses is not None:
                sunglasses = probabilities(np.asarray(dark[0]).reshape(-1), of_sunglasses)
            result.extend(map(FaceProbabilities, glasses, sunglasses))
        return result

    def warm_up(self) -> None:
        """Classify a blank crop, then shrink the memory arena that all networks share."""
        side = self.input.size
        blank = np.zeros((1, side, side, 3), dtype=np.uint8)
        self._session.run(None, feed(self._session, blank, self.input), shrinking())


def batches(crops: Sequence[Pixels] | Pixels, size: int) -> Iterator[Sequence[Pixels] | Pixels]:
    """Divide crops into batches that need no more memory than `BATCH` crops of size × size."""
    side = crops[0].shape[0] if len(crops) else size
    count = BATCH * size**2 // side**2
    return (crops[start : start + count] for start in range(0, len(crops), count))


def feed(
    network: onnxruntime.InferenceSession, crops: Sequence[Pixels] | Pixels, spec: ModelInput
) -> dict[str, npt.NDArray[np.uint8] | npt.NDArray[np.float32]]:
    """Return the network's input by name: raw pixels for uint8 inputs, else normalized ones."""
    (node,) = network.get_inputs()
    takes_bytes = node.type == "tensor(uint8)"
    return {node.name: np.stack(list(crops)) if takes_bytes else normalize(crops, spec)}


def normalize(crops: Sequence[Pixels] | Pixels, spec: ModelInput) -> npt.NDArray[np.float32]:
    """Normalize N crops of H × W × 3 uint8 to N × 3 × H × W float32, as the manifest specifies."""
    # Transposing before converting to float is six times as fast, with bit-identical results.
    values = np.empty((len(crops), 3, *crops[0].shape[:2]), dtype=np.float32)
    for planes, crop in zip(values, crops, strict=True):
        planes[:] = crop.transpose(2, 0, 1)
    values -= np.asarray(spec.mean, dtype=np.float32)[:, None, None]
    values *= 1 / np.asarray(spec.std, dtype=np.float32)[:, None, None]
    return values


def probabilities(logits: npt.NDArray[np.float32], calibration: Calibration) -> list[float]:
    """Return the calibrated probabilities of N logits."""
    values = logits.astype(np.float64) / calibration.temperature + calibration.bias
    return [float(p) for p in 1 / (1 + np.exp(-values))]

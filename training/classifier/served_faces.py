"""The faces of photos as the worker would classify them.

The whole pipeline is evaluated: a missed face is a wrong verdict if it wears glasses, and a
bystander in the background may turn a photo positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from glasses.errors import UsageError
from training.common.calibration import probabilities
from training.common.crops import crops_key, faces_path
from training.common.datasets import Dataset
from training.common.geometry import SIZE
from training.common.sample import Sample
from worker.vision.model_manifest import Calibration
from worker.vision.photo import Pixels
from worker.vision.pipeline import GLASSES_CONFIDENCE


@dataclass(frozen=True, slots=True)
class ServedFaces:
    """All faces of some photos.

    Attributes:
        samples: The photos.
        crops: M × SIZE × SIZE × 3, uint8: the network's input for every face.
        photo: M; the index in `samples` of the face's photo.
        low_confidence: M; whether the face counts only at `GLASSES_CONFIDENCE`.
    """

    samples: Sequence[Sample]
    crops: Pixels
    photo: npt.NDArray[np.int64]
    low_confidence: npt.NDArray[np.bool_]

    @property
    def labels(self) -> npt.NDArray[np.bool_]:
        """N; whether the main person wears glasses."""
        return np.array([sample.has_glasses for sample in self.samples], dtype=np.bool_)

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """N; whether a face was found."""
        found = np.zeros(len(self.samples), dtype=np.bool_)
        found[self.photo] = True
        return found

    def pick(self, samples: Sequence[Sample]) -> ServedFaces:
        """Return the faces of the given photos, with the labels that `samples` have."""
        index = {sample.name: i for i, sample in enumerate(samples)}
        new = np.array([index.get(sample.name, -1) for sample in self.samples], dtype=np.int64)
        photo = new[self.photo]
        chosen = photo >= 0
        return ServedFaces(samples, self.crops[chosen], photo[chosen], self.low_confidence[chosen])

    def faces_that_count(
        self, logits: npt.NDArray[np.float32], calibration: Calibration | None = None
    ) -> tuple[ServedFaces, npt.NDArray[np.float32]]:
        """Return the faces that count, and their logits.

        Args:
            logits: M; of all faces.
            calibration: Turns logits into probabilities. A low-confidence face counts at
                `GLASSES_CONFIDENCE` and above; without a calibration none counts.
        """
        counts = ~self.low_confidence
        if calibration is not None:
            counts |= probabilities(logits.astype(np.float64), calibration) >= GLASSES_CONFIDENCE
        faces = ServedFaces(
            self.samples, self.crops[counts], self.photo[counts], self.low_confidence[counts]
        )
        return faces, logits[counts]

    def highest(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the highest logit of each photo's faces, minus infinity without a face; N."""
        result = np.full(len(self.samples), -np.inf)
        np.maximum.at(result, self.photo, logits)
        return result


def read_served(
    datasets: Sequence[Dataset], selected: Sequence[Sample], folder: Path
) -> ServedFaces:
    """Return the faces of selected photos, as the stage `crops` stored them.

    Args:
        datasets: All datasets.
        selected: Some of their photos, possibly with corrected labels.
        folder: Folder of the stored crops.

    Raises:
        UsageError: The stage `crops` was not run, or not on these photos.
    """
    crops = [np.zeros((0, SIZE, SIZE, 3), dtype=np.uint8)]
    photo = [np.zeros(0, dtype=np.int64)]
    low_confidence = [np.zeros(0, dtype=np.bool_)]
    names = {sample.dataset for sample in selected}
    for dataset in (dataset for dataset in datasets if dataset.name in names):
        stamp = folder / f"{dataset.name}.done"
        if not stamp.is_file() or stamp.read_text() != crops_key(dataset):
            raise UsageError(
                f"the crops of {dataset.name} are missing or of other photos: run `glasses-train "
                "crops` first"
            )
        with np.load(faces_path(folder, dataset.name)) as file:
            every = ServedFaces(
                dataset.samples, file["crops"], file["photo"], file["low_confidence"]
            )
        some = every.pick(selected)
        crops.append(some.crops)
        photo.append(some.photo)
        low_confidence.append(some.low_confidence)
    return ServedFaces(
        selected, np.concatenate(crops), np.concatenate(photo), np.concatenate(low_confidence)
    )

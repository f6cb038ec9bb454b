"""Photos -> every face that the worker would find and show to the network.

Evaluation is of the whole pipeline: a face that the detector misses is a wrong verdict if it
wears glasses, and a stranger in the background may turn a photo positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.cache import fingerprint, finish, is_fresh
from training.calibrate import probabilities
from training.datasets import Dataset
from training.geometry import MARGIN, SIZE
from training.look import detector_version, faces_in, read
from training.progress import Progress, say
from training.sample import Sample
from worker.detect.cascade import DOUBTFUL
from worker.faces import cut
from worker.manifest import Calibration
from worker.photo import Photo, Pixels
from worker.pipeline import PIPELINE_VERSION, SURE

CHUNK = 16


@dataclass(frozen=True, slots=True)
class Served:
    """All faces of some photos.

    Attributes:
        samples: The photos.
        crops: M × SIZE × SIZE × 3, uint8: the network's input for every face.
        photo: M; the index in `samples` of the photo that the face is in.
        doubtful: M; whether it counts only if it surely wears glasses.
    """

    samples: Sequence[Sample]
    crops: Pixels
    photo: npt.NDArray[np.int64]
    doubtful: npt.NDArray[np.bool_]

    @property
    def labels(self) -> npt.NDArray[np.bool_]:
        """N; whether the photo's main person wears glasses."""
        return np.array([sample.has_glasses for sample in self.samples], dtype=np.bool_)

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """N; whether a face was found."""
        found = np.zeros(len(self.samples), dtype=np.bool_)
        found[self.photo] = True
        return found

    def pick(self, samples: Sequence[Sample]) -> Served:
        """The faces of some of the photos, or of the same photos under other labels."""
        place = {sample.name: i for i, sample in enumerate(samples)}
        where = np.array([place.get(sample.name, -1) for sample in self.samples], dtype=np.int64)
        photo = where[self.photo]
        chosen = photo >= 0
        return Served(samples, self.crops[chosen], photo[chosen], self.doubtful[chosen])

    def settled(
        self, logits: npt.NDArray[np.float32], calibration: Calibration | None = None
    ) -> tuple[Served, npt.NDArray[np.float32]]:
        """The faces that count, and their logits: of the doubtful ones those that are `SURE`.

        Args:
            logits: M; of all faces.
            calibration: What they mean; without it no doubtful face counts.
        """
        counts = ~self.doubtful
        if calibration is not None:
            counts |= probabilities(logits.astype(np.float64), calibration) >= SURE
        settled = Served(
            self.samples, self.crops[counts], self.photo[counts], self.doubtful[counts]
        )
        return settled, logits[counts]

    def highest(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """N; the highest logit over a photo's faces, minus infinity where none was found."""
        result = np.full(len(self.samples), -np.inf)
        np.maximum.at(result, self.photo, logits)
        return result


def serve(samples: Sequence[Sample], path: Path, processes: int) -> Served:
    """Run photos through decoder, detector and crop; kept on disk.

    Args:
        samples: The photos.
        path: The file (.npz) to keep the crops in.
        processes: How many to work in.
    """
    names = [sample.name for sample in samples]
    key = fingerprint([names, PIPELINE_VERSION, detector_version(), SIZE, MARGIN, DOUBTFUL])
    stamp = path.with_suffix(".done")
    if not is_fresh(stamp, key):
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        _find(samples, path, processes)
        finish(stamp, key)
    with np.load(path) as file:
        return Served(samples, file["crops"], file["photo"], file["doubtful"])


def serve_datasets(
    datasets: Sequence[Dataset], wanted: Sequence[Sample], folder: Path, processes: int
) -> Served:
    """The faces of some photos; those of whole datasets are kept on disk, for every split.

    Args:
        datasets: All datasets.
        wanted: Photos of them, perhaps under corrected labels.
        folder: Where the faces are kept, a file for each dataset.
        processes: How many to work in.
    """
    crops = [np.zeros((0, SIZE, SIZE, 3), dtype=np.uint8)]
    photo = [np.zeros(0, dtype=np.int64)]
    doubtful = [np.zeros(0, dtype=np.bool_)]
    names = {sample.dataset for sample in wanted}
    for dataset in datasets:
        if dataset.name not in names:
            continue
        some = serve(dataset.samples, folder / f"{dataset.name}.npz", processes).pick(wanted)
        crops.append(some.crops)
        photo.append(some.photo)
        doubtful.append(some.doubtful)
    return Served(wanted, np.concatenate(crops), np.concatenate(photo), np.concatenate(doubtful))


def _find(samples: Sequence[Sample], path: Path, processes: int) -> None:
    progress = Progress(f"faces of {path.stem}", len(samples))
    paths = [sample.path for sample in samples]
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    crops: list[Pixels] = []
    photo: list[int] = []
    doubtful: list[bool] = []
    done = 0
    with ProcessPoolExecutor(processes) as pool:
        for part in pool.map(_faces_of_all, chunks):
            for i, faces in enumerate(part, start=done):
                crops.extend(crop for crop, _ in faces)
                photo.extend([i] * len(faces))
                doubtful.extend(doubt for _, doubt in faces)
            done += len(part)
            progress.add(len(part))
    say(f"faces of {path.stem}: {len(crops)} in {len(set(photo))} of {len(samples)} photos")
    pixels = np.stack(crops) if crops else np.zeros((0, SIZE, SIZE, 3), dtype=np.uint8)
    np.savez(
        path,
        crops=pixels,
        photo=np.array(photo, dtype=np.int64),
        doubtful=np.array(doubtful, dtype=np.bool_),
    )


def _faces_of_all(paths: Sequence[Path]) -> list[list[tuple[Pixels, bool]]]:
    return [_faces(path) for path in paths]


def _faces(path: Path) -> list[tuple[Pixels, bool]]:
    photo = read(path)
    return [] if photo is None else crops_in(photo)


def crops_in(photo: Photo) -> list[tuple[Pixels, bool]]:
    """What the network is served of a photo, and which of it is doubtful."""
    found = faces_in(photo, doubtful=True)
    return [(cut(photo, face, SIZE, MARGIN), face.doubtful) for face in found]

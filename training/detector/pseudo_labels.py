"""Pseudo-labels: faces of photos from the teacher, annotations and the datasets' geometry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from training.common.atomic_file import write_text
from training.common.cache import fingerprint, run_once
from training.common.datasets import Dataset
from training.common.labelled_face import COMPARABLE
from training.common.progress import ProgressLine, log
from training.detector import ground_truth
from training.detector.quick_teacher import teach_quickly
from training.detector.square import Squares, same_face, squares
from training.detector.teacher import SIZES, TURNS, teach
from worker.vision.decode import decode
from worker.vision.errors import PhotoError

CHUNK = 16
STEADY = 0.06
"""If the median deviation of a dataset's faces from their median position is below this share of
the photo, a face that was not found is assumed there."""


@dataclass(frozen=True, slots=True)
class PseudoLabels:
    """The faces of one photo.

    Attributes:
        size: Width and height of the photo in px.
        faces: In px. The first is the main person's where `origin` is not empty.
        unsure: Squares that may contain a face, in px.
        origin: Source of the main face: `dlib`, `turned` (dlib on a changed copy), `notes`,
            `usual`, or empty.
    """

    size: tuple[int, int]
    faces: Squares
    unsure: Squares
    origin: str

    def scaled(self, width: int) -> PseudoLabels:
        """Return the same faces in a copy of another width in px."""
        factor = width / self.size[0]
        size = (width, round(self.size[1] * factor))
        return PseudoLabels(size, self.faces * factor, self.unsure * factor, self.origin)


def label_datasets(
    datasets: Sequence[Dataset], folder: Path, processes: int, quick: bool = False
) -> None:
    """Pseudo-label whole datasets; writes `NAME.json` and a stamp for each.

    Args:
        datasets: The datasets.
        folder: Folder of the labels.
        processes: Number of parallel processes.
        quick: Ask the quick teacher, see `training.detector.quick_teacher`. Labels that exist are
            kept, whichever teacher found them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool:
        for dataset in datasets:
            names = [sample.name for sample in dataset.samples]
            key = fingerprint([names, SIZES, TURNS, STEADY])
            stamp = folder / f"{dataset.name}.done"
            make = partial(_label, dataset, folder, pool, quick)
            run_once(stamp, key, make, f"known faces of {dataset.name}")


def read(folder: Path, names: Sequence[str]) -> dict[str, PseudoLabels]:
    """Return photo name -> faces of some datasets."""
    result = {}
    for name in names:
        for photo, row in json.loads((folder / f"{name}.json").read_text()).items():
            size = (int(row["size"][0]), int(row["size"][1]))
            faces, unsure = squares(row["faces"]), squares(row["unsure"])
            result[photo] = PseudoLabels(size, faces, unsure, row["how"])
    return result


def _label(dataset: Dataset, folder: Path, pool: ProcessPoolExecutor, quick: bool) -> None:
    progress = ProgressLine(f"known faces of {dataset.name}", len(dataset.samples))
    paths = [sample.path for sample in dataset.samples]
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    rows: list[PseudoLabels] = []
    for part in pool.map(partial(_label_chunk, quick=quick), chunks):
        rows.extend(part)
        progress.add(len(part))
    known = dict(zip((sample.name for sample in dataset.samples), rows, strict=True))
    found = sum(bool(row.origin) for row in rows)
    written = ground_truth.read(paths[0].parents[len(Path(dataset.samples[0].name).parts) - 2])
    fitted = ground_truth.boxes(written, {name: row.faces for name, row in known.items()})
    known = {name: _with_note(row, fitted.get(name)) for name, row in known.items()}
    known = _with_median_position(known)
    text = {
        name: {
            "size": row.size,
            "faces": row.faces.astype(float).round(1).tolist(),
            "unsure": row.unsure.astype(float).round(1).tolist(),
            "how": row.origin,
        }
        for name, row in known.items()
    }
    write_text(folder / f"{dataset.name}.json", json.dumps(text))
    log(
        f"known faces of {dataset.name}: {len(rows)} photos, the teacher found {found}, known "
        f"{sum(bool(row.origin) for row in known.values())}"
    )


def _label_chunk(paths: Sequence[Path], quick: bool) -> list[PseudoLabels]:
    return [_label_photo(path, quick) for path in paths]


def _label_photo(path: Path, quick: bool) -> PseudoLabels:
    try:
        pixels = decode(path.read_bytes()).pixels
    except PhotoError:
        return PseudoLabels((1, 1), squares(), squares(), "")
    found = teach_quickly(pixels) if quick else teach(pixels)
    origin = ("dlib" if found.upright else "turned") if len(found.sure) else ""
    height, width = pixels.shape[:2]
    return PseudoLabels(
        (width, height), _main_first(found.sure, width, height), found.unsure, origin
    )


def _main_first(faces: Squares, width: int, height: int) -> Squares:
    """Move the large and central face to the front."""
    if len(faces) < 2:
        return faces
    off = np.hypot(faces[:, 0] - width / 2, faces[:, 1] - height / 2)
    off[faces[:, 2] < COMPARABLE * faces[:, 2].max()] = np.inf
    first = int(off.argmin())
    return np.concatenate([faces[first : first + 1], np.delete(faces, first, axis=0)])


def _with_note(row: PseudoLabels, note: Squares | None) -> PseudoLabels:
    """Move the annotated face to the front; the teacher's box is more exact than the fitted one."""
    if note is None:
        return row
    same = same_face(note, row.faces)
    if same.any():
        faces = np.concatenate([row.faces[same][:1], row.faces[~same]])
        return PseudoLabels(row.size, faces, row.unsure, row.origin)
    faces = np.concatenate([note, row.faces])
    return PseudoLabels(row.size, faces, row.unsure[~same_face(note, row.unsure)], "notes")


def _with_median_position(known: dict[str, PseudoLabels]) -> dict[str, PseudoLabels]:
    """Assume the median position where no face was found, if the dataset is aligned."""
    positions = np.array([_relative_position(row) for row in known.values() if row.origin])
    if len(positions) < 50:
        return known
    usual = np.median(positions, axis=0)
    if np.median(np.abs(positions - usual), axis=0).max() > STEADY:
        return known
    result = {}
    for name, row in known.items():
        if not row.origin and min(row.size) > 1:
            width, height = row.size
            face = squares([usual * (width, height, max(width, height))])
            result[name] = PseudoLabels(row.size, face, row.unsure, "usual")
        else:
            result[name] = row
    return result


def _relative_position(row: PseudoLabels) -> tuple[float, float, float]:
    """Return the main face as shares of width, height and longer side."""
    width, height = row.size
    face = row.faces[0]
    return float(face[0] / width), float(face[1] / height), float(face[2] / max(width, height))

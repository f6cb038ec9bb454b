"""Photos -> the faces in them, as far as teacher, notes and the datasets' geometry can tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.cache import fingerprint, finish, is_fresh
from training.datasets import Dataset
from training.faces import COMPARABLE
from training.progress import Progress, say
from training.proposals import notes
from training.proposals.square import Squares, same_face, squares
from training.proposals.teacher import SIZES, TURNS, teach
from worker.decode import decode
from worker.errors import PhotoError

CHUNK = 16
STEADY = 0.06
"""Where the median deviation of the faces from their usual place is below this share of the photo,
a face that nobody found is taken to lie there too."""


@dataclass(frozen=True, slots=True)
class Known:
    """The faces of one photo.

    Attributes:
        size: Width and height of the photo in px.
        faces: In px. The first is the main person's where `how` is not empty.
        unsure: Places that may hold a face, in px.
        how: Who says so: `dlib`, `turned` (dlib on a changed copy), `notes`, `usual`, or nobody.
    """

    size: tuple[int, int]
    faces: Squares
    unsure: Squares
    how: str

    def scaled(self, width: int) -> Known:
        """The same faces in a copy of another width in px."""
        factor = width / self.size[0]
        size = (width, round(self.size[1] * factor))
        return Known(size, self.faces * factor, self.unsure * factor, self.how)


def make_known(datasets: Sequence[Dataset], folder: Path, processes: int) -> None:
    """Run the teacher over whole datasets: `NAME.json` and a stamp for each."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool:
        for dataset in datasets:
            names = [sample.name for sample in dataset.samples]
            key = fingerprint([names, SIZES, TURNS, STEADY])
            stamp = folder / f"{dataset.name}.done"
            if is_fresh(stamp, key):
                say(f"known faces of {dataset.name}: up to date")
                continue
            _make(dataset, folder, pool)
            finish(stamp, key)


def read(folder: Path, names: Sequence[str]) -> dict[str, Known]:
    """Photo name -> its faces, of some datasets."""
    result = {}
    for name in names:
        for photo, row in json.loads((folder / f"{name}.json").read_text()).items():
            size = (int(row["size"][0]), int(row["size"][1]))
            faces, unsure = squares(row["faces"]), squares(row["unsure"])
            result[photo] = Known(size, faces, unsure, row["how"])
    return result


def _make(dataset: Dataset, folder: Path, pool: ProcessPoolExecutor) -> None:
    progress = Progress(f"known faces of {dataset.name}", len(dataset.samples))
    paths = [sample.path for sample in dataset.samples]
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    rows: list[Known] = []
    for part in pool.map(_teach_all, chunks):
        rows.extend(part)
        progress.add(len(part))
    known = dict(zip((sample.name for sample in dataset.samples), rows, strict=True))
    found = sum(bool(row.how) for row in rows)
    written = notes.read(paths[0].parents[len(Path(dataset.samples[0].name).parts) - 2])
    fitted = notes.boxes(written, {name: row.faces for name, row in known.items()})
    known = {name: _with_note(row, fitted.get(name)) for name, row in known.items()}
    known = _with_usual(known)
    text = {
        name: {
            "size": row.size,
            "faces": row.faces.astype(float).round(1).tolist(),
            "unsure": row.unsure.astype(float).round(1).tolist(),
            "how": row.how,
        }
        for name, row in known.items()
    }
    (folder / f"{dataset.name}.json").write_text(json.dumps(text))
    say(
        f"known faces of {dataset.name}: {len(rows)} photos, the teacher found {found}, known "
        f"{sum(bool(row.how) for row in known.values())}"
    )


def _teach_all(paths: Sequence[Path]) -> list[Known]:
    return [_teach(path) for path in paths]


def _teach(path: Path) -> Known:
    try:
        pixels = decode(path.read_bytes()).pixels
    except PhotoError:
        return Known((1, 1), squares(), squares(), "")
    taught = teach(pixels)
    how = ("dlib" if taught.upright else "turned") if len(taught.sure) else ""
    height, width = pixels.shape[:2]
    return Known((width, height), _main_first(taught.sure, width, height), taught.unsure, how)


def _main_first(faces: Squares, width: int, height: int) -> Squares:
    """The large and central face first; the others as they were."""
    if len(faces) < 2:
        return faces
    off = np.hypot(faces[:, 0] - width / 2, faces[:, 1] - height / 2)
    off[faces[:, 2] < COMPARABLE * faces[:, 2].max()] = np.inf
    first = int(off.argmin())
    return np.concatenate([faces[first : first + 1], np.delete(faces, first, axis=0)])


def _with_note(row: Known, note: Squares | None) -> Known:
    """The noted face first; what the teacher says about it is more exact than the fit."""
    if note is None:
        return row
    same = same_face(note, row.faces)
    if same.any():
        faces = np.concatenate([row.faces[same][:1], row.faces[~same]])
        return Known(row.size, faces, row.unsure, row.how)
    faces = np.concatenate([note, row.faces])
    return Known(row.size, faces, row.unsure[~same_face(note, row.unsure)], "notes")


def _with_usual(known: dict[str, Known]) -> dict[str, Known]:
    """Fill in the usual place where the dataset has one."""
    places = np.array([_place(row) for row in known.values() if row.how])
    if len(places) < 50:
        return known
    usual = np.median(places, axis=0)
    if np.median(np.abs(places - usual), axis=0).max() > STEADY:
        return known
    result = {}
    for name, row in known.items():
        if not row.how and min(row.size) > 1:
            width, height = row.size
            face = squares([usual * (width, height, max(width, height))])
            result[name] = Known(row.size, face, row.unsure, "usual")
        else:
            result[name] = row
    return result


def _place(row: Known) -> tuple[float, float, float]:
    """The main face as shares of width, height and longer side."""
    width, height = row.size
    face = row.faces[0]
    return float(face[0] / width), float(face[1] / height), float(face[2] / max(width, height))

"""Crop packs: stored crops as JPEG, small enough to copy to a machine with a GPU.

A pack is an `.npz` with about `PACK_BYTES` of JPEG files: their bytes one after another, the end of
each, and the rows of the index. JPEG at quality 95 takes about a tenth of the bytes of pixels.
`photos.csv` beside them lists all photos, also those without a crop: splits depend on the list.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import simplejpeg

from glasses.errors import UsageError
from training.common.atomic_file import replacing
from training.common.crop_set import CropRow, CropSet
from training.common.sample import Sample
from worker.vision.decode import Pixels

PACK_BYTES = 56 << 20
"""Maximum size of the JPEG files of a pack; the index adds less than 1 %."""
QUALITY = 95
PHOTOS = "photos.csv"
_PHOTO_FIELDS = ("name", "has_glasses", "identity", "dataset", "official", "together")
_TEXT = ("name", "identity", "dataset")


def write_packs(crops: CropSet, samples: Sequence[Sample], folder: Path) -> list[Path]:
    """Write crops as numbered packs, and remove the packs of an earlier call.

    Args:
        crops: The crops.
        samples: All photos of the datasets, with their original labels.
        folder: Folder of `crops-000.npz`, `crops-001.npz`, … and `photos.csv`.

    Returns:
        The packs' paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("crops-*.npz"):
        old.unlink()
    _write_samples(samples, folder / PHOTOS)
    paths: list[Path] = []
    files: list[bytes] = []
    rows: list[CropRow] = []
    size = 0
    for row, pixels in zip(crops.rows, crops.pixels, strict=True):
        data = simplejpeg.encode_jpeg(
            np.ascontiguousarray(pixels), quality=QUALITY, colorsubsampling="444"
        )
        if size + len(data) > PACK_BYTES and files:
            paths.append(_write(folder, len(paths), files, rows))
            files, rows, size = [], [], 0
        files.append(data)
        rows.append(row)
        size += len(data)
    if files:
        paths.append(_write(folder, len(paths), files, rows))
    return paths


def read_packs(folder: Path) -> CropSet:
    """Return the crops of all packs of a folder.

    Raises:
        UsageError: There are no packs.
    """
    paths = sorted(folder.glob("crops-*.npz"))
    if not paths:
        raise UsageError(f"no crops-*.npz in {folder}: run `glasses-train pack` first")
    rows: list[CropRow] = []
    pixels = []
    for path in paths:
        for row, crop in _read(path):
            rows.append(row)
            pixels.append(crop)
    return CropSet(rows, np.stack(pixels))


def read_samples(folder: Path) -> list[Sample]:
    """Return all photos of the datasets, as `write_packs` got them; their paths are not valid.

    Raises:
        UsageError: There are no packs.
    """
    path = folder / PHOTOS
    if not path.is_file():
        raise UsageError(f"no {PHOTOS} in {folder}: run `glasses-train pack` first")
    with path.open(newline="") as file:
        return [
            Sample(
                path=Path(row["name"]),
                name=row["name"],
                has_glasses=row["has_glasses"] == "1",
                identity=row["identity"] or None,
                dataset=row["dataset"],
                official=row["official"] or None,
                together=row["together"] or None,
            )
            for row in csv.DictReader(file)
        ]


def _write_samples(samples: Sequence[Sample], path: Path) -> None:
    with replacing(path) as unfinished, unfinished.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_PHOTO_FIELDS)
        for sample in samples:
            fields = [sample.identity or "", sample.dataset, sample.official or ""]
            fields.append(sample.together or "")
            writer.writerow([sample.name, int(sample.has_glasses), *fields])


def _write(folder: Path, number: int, files: list[bytes], rows: list[CropRow]) -> Path:
    path = folder / f"crops-{number:03d}.npz"
    columns = {
        name: np.array([asdict(row)[name] or "" for row in rows])
        if name in _TEXT
        else np.array([asdict(row)[name] for row in rows])
        for name in asdict(rows[0])
    }
    ends = np.cumsum([len(data) for data in files])
    data = np.frombuffer(b"".join(files), dtype=np.uint8)
    np.savez(path, allow_pickle=False, data=data, ends=ends, **columns)
    return path


def _read(path: Path) -> Iterator[tuple[CropRow, Pixels]]:
    with np.load(path, allow_pickle=False) as pack:
        data, ends = pack["data"].tobytes(), pack["ends"]
        columns = {name: pack[name].tolist() for name in pack.files if name not in ("data", "ends")}
    start = 0
    for number, end in enumerate(ends.tolist()):
        row = CropRow(**{name: values[number] for name, values in columns.items()})
        if row.identity == "":
            row = CropRow(**{**asdict(row), "identity": None})
        yield row, simplejpeg.decode_jpeg(data[start:end])
        start = end

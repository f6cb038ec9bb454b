"""Your own photos in one folder per label; people are unknown.

Two folders `eyeglasses` and `sunglasses` tell the kinds of glasses, too.
"""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear, labelled_eyewear
from glasses.sources.formats import SNIFF_BYTES, sniff
from glasses.sources.label_set import label_folders
from glasses.sources.label_table import LabelFormat
from training.common.datasets.dataset import Dataset
from training.common.datasets.terms import terms_of
from training.common.sample import Sample

_FORMAT = LabelFormat()


def is_pair(folder: Path) -> bool:
    """Return whether a folder has the layout, or a part of it."""
    return bool(label_folders(folder, _FORMAT))


def load(folder: Path) -> Dataset:
    """Return the photos of the labelled folders and their subfolders.

    The names of folders are those that `glasses evaluate` recognizes.

    Raises:
        UsageError: All of them have one label.
    """
    labels = label_folders(folder, _FORMAT)
    if len(set(labels.values())) < 2:
        missing = "without glasses" if any(labels.values()) else "with glasses"
        raise UsageError(
            f"{folder} has only {', '.join(f'{name}/' for name in labels)}: create a folder of "
            f"photos {missing}, too, such as glasses/ and no_glasses/"
        )
    tells_kinds = {name.lower() for name in labels} >= {Eyewear.EYEGLASSES, Eyewear.SUNGLASSES}
    samples = [
        Sample(
            path=path,
            name=f"{folder.name}/{path.relative_to(folder).as_posix()}",
            has_glasses=label,
            identity=None,
            dataset=folder.name,
            eyewear=labelled_eyewear(name if tells_kinds else "", label),
        )
        for name, label in labels.items()
        for path in sorted((folder / name).rglob("*"))
        if _is_photo(path)
    ]
    return Dataset(folder.name, tuple(samples), aligned=False, terms=terms_of(folder.name))


def _is_photo(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    with path.open("rb") as file:
        return sniff(file.read(SNIFF_BYTES)) is not None

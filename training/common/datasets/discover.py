"""A data root -> its datasets, each recognised by its layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glasses.errors import UsageError
from training.datasets import celeba, folder, meglass, pair, sof, specface
from training.datasets.dataset import Dataset

LAYOUTS: tuple[tuple[Callable[[Path], bool], Callable[[Path], Dataset]], ...] = (
    # What somebody wrote down by hand comes before what a folder looks like.
    (folder.is_folder, folder.load),
    (celeba.is_celeba, celeba.load),
    (meglass.is_meglass, meglass.load),
    (sof.is_sof, sof.load),
    (pair.is_pair, pair.load),
    (specface.is_specface, specface.load),
)
EXPECTED = (
    "CelebA (Anno/ or Kaggle's list_attr_celeba.csv, and img_align_celeba/), MeGlass (meta.txt, "
    "MeGlass_120x120/), SoF (640x480/), SPECFACE (01/ … 60/), two folders with/ and without/, or "
    "a labels.csv"
)


def discover(root: Path) -> list[Dataset]:
    """Read every dataset in a folder.

    Args:
        root: One subfolder a dataset. A subfolder in no known layout is passed over.

    Returns:
        The datasets by name, none of them empty.

    Raises:
        UsageError: There is none, one lacks a part, or photos that a list names are not there.
    """
    if not root.is_dir():
        raise UsageError(f"no folder {root}: give the folder that holds the datasets with --data")
    found = [d for _, d in examine(root) if isinstance(d, Dataset)]
    if not found:
        raise UsageError(f"no dataset in {root}: each subfolder must be {EXPECTED}")
    for dataset in found:
        check(dataset)
    return found


def examine(root: Path) -> list[tuple[Path, Dataset | None]]:
    """Every subfolder, with its dataset; None where it is in no known layout.

    Raises:
        UsageError: A dataset lacks a part or holds no photo.
    """
    return [(path, _load(path)) for path in sorted(root.iterdir()) if path.is_dir()]


def check(dataset: Dataset) -> None:
    """See to it that every photo is there.

    Raises:
        UsageError: Some are missing or empty.
    """
    for what, photos in (
        ("missing", [s.path for s in dataset.samples if not s.path.is_file()]),
        ("empty files", [s.path for s in dataset.samples if _is_empty(s.path)]),
    ):
        if photos:
            raise UsageError(
                f"{dataset.name}: {len(photos)} of {len(dataset.samples)} photos are {what}, "
                f"the first is {photos[0]}. Download the set again, or shorten its list."
            )


def _load(path: Path) -> Dataset | None:
    for fits, load in LAYOUTS:
        if fits(path):
            dataset = load(path)
            if not dataset.samples:
                raise UsageError(f"{path} has the layout of a dataset but no photo: download it")
            return dataset
    return None


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0

"""Discovery of the datasets in a data root, by their layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glasses.errors import UsageError
from training.common.datasets import celeba, folder, meglass, pair, sof, specface
from training.common.datasets.dataset import Dataset
from training.common.datasets.kinds import read_kinds, with_kinds

LAYOUTS: tuple[tuple[Callable[[Path], bool], Callable[[Path], Dataset]], ...] = (
    # A labels.csv takes precedence over published layouts.
    (folder.is_folder, folder.load),
    (celeba.is_celeba, celeba.load),
    (meglass.is_meglass, meglass.load),
    (sof.is_sof, sof.load),
    (specface.is_specface, specface.load),
    (pair.is_pair, pair.load),
)
EXPECTED = (
    "CelebA (Anno/ or Kaggle's list_attr_celeba.csv, and img_align_celeba/), MeGlass (meta.txt, "
    "MeGlass_120x120/), SoF (640x480/), SPECFACE (01/ … 60/), two folders glasses/ and "
    "no_glasses/, or a labels.csv"
)


def discover(root: Path) -> list[Dataset]:
    """Return every dataset in a folder.

    Args:
        root: Has one subfolder per dataset. Subfolders of unknown layout are ignored.

    Returns:
        The datasets in order of their names, none of them empty.

    Raises:
        UsageError: There is none, one is incomplete, or photos of a list do not exist.
    """
    if not root.is_dir():
        raise UsageError(f"no directory {root}: pass the folder of the datasets with --data")
    kinds = read_kinds(root)
    found = [with_kinds(d, kinds) for _, d in examine(root) if isinstance(d, Dataset)]
    if not found:
        raise UsageError(f"no dataset in {root}: each subfolder must be {EXPECTED}")
    for dataset in found:
        check(dataset)
    return found


def examine(root: Path) -> list[tuple[Path, Dataset | None]]:
    """Return every subfolder with its dataset; None for unknown layouts.

    Raises:
        UsageError: A dataset is incomplete or has no photos.
    """
    return [(path, _load(path)) for path in sorted(root.iterdir()) if path.is_dir()]


def check(dataset: Dataset) -> None:
    """Check that every photo exists.

    Raises:
        UsageError: Photos are missing or empty.
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
                raise UsageError(f"{path} has the layout of a dataset but no photos: download them")
            return dataset
    return None


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0

"""A data root -> its datasets, each recognised by its layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glasses.errors import UsageError
from training.datasets import celeba, folder, meglass, sof
from training.datasets.dataset import Dataset

LAYOUTS: tuple[tuple[Callable[[Path], bool], Callable[[Path], Dataset]], ...] = (
    (celeba.is_celeba, celeba.load),
    (meglass.is_meglass, meglass.load),
    (folder.is_folder, folder.load),
    (sof.is_sof, sof.load),
)


def discover(root: Path) -> list[Dataset]:
    """Read every dataset in a folder.

    Args:
        root: One subfolder a dataset. A subfolder in no known layout is passed over.

    Returns:
        The datasets by name, none of them empty.

    Raises:
        UsageError: There is none, or photos that a list names are not there.
    """
    if not root.is_dir():
        raise UsageError(f"no folder {root}: give the folder that holds the datasets with --data")
    datasets = [_load(path) for path in sorted(root.iterdir()) if path.is_dir()]
    found = [dataset for dataset in datasets if dataset is not None and dataset.samples]
    if not found:
        raise UsageError(
            f"no dataset in {root}: each subfolder must be CelebA (Anno/, Img/), MeGlass "
            "(meta.txt, MeGlass_120x120/), SoF (640x480/) or have a labels.csv"
        )
    for dataset in found:
        _check(dataset)
    return found


def _load(path: Path) -> Dataset | None:
    for fits, load in LAYOUTS:
        if fits(path):
            return load(path)
    return None


def _check(dataset: Dataset) -> None:
    missing = [sample.path for sample in dataset.samples if not sample.path.is_file()]
    if missing:
        raise UsageError(
            f"{dataset.name}: {len(missing)} of {len(dataset.samples)} photos are missing, "
            f"the first is {missing[0]}. Download the set again, or shorten its list."
        )

"""Anyone's own photos, sorted into two folders: with glasses and without. Nobody has a name."""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from glasses.formats import SNIFF_BYTES, sniff
from training.datasets.dataset import Dataset
from training.datasets.terms import terms_of
from training.sample import Sample

NAMES = (("with", "without"), ("with_glasses", "without_glasses"))


def is_pair(folder: Path) -> bool:
    """Whether a folder has the layout, or half of it."""
    return any((folder / name).is_dir() for pair in NAMES for name in pair)


def load(folder: Path) -> Dataset:
    """Read both folders, with what lies deeper in them.

    Raises:
        UsageError: One of the two is missing.
    """
    worn, bare = next(pair for pair in NAMES if any((folder / name).is_dir() for name in pair))
    for name in (worn, bare):
        if not (folder / name).is_dir():
            raise UsageError(f"{folder} has only one of {worn}/ and {bare}/: make the other, too")
    samples = [
        Sample(
            path=path,
            name=f"{folder.name}/{path.relative_to(folder).as_posix()}",
            has_glasses=label,
            identity=None,
            dataset=folder.name,
        )
        for name, label in ((worn, True), (bare, False))
        for path in sorted((folder / name).rglob("*"))
        if _is_photo(path)
    ]
    return Dataset(folder.name, tuple(samples), aligned=False, terms=terms_of(folder.name))


def _is_photo(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    with path.open("rb") as file:
        return sniff(file.read(SNIFF_BYTES)) is not None

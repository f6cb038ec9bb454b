"""MeGlass (Guo et al. 2018): 120 × 120 crops, `meta.txt` with a 0 or 1 after each name.

A name is `USER@N.._identity_K@PHOTO_FACE.jpg`: what stands before the second `@` is the person.
"""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training.datasets.dataset import Dataset
from training.sample import Sample

META = "meta.txt"
PHOTOS = "MeGlass_120x120"
TERMS = "research (MeGlass, from MegaFace)"


def is_meglass(folder: Path) -> bool:
    """Whether a folder has the layout."""
    return (folder / META).is_file() and (folder / PHOTOS).is_dir()


def load(folder: Path) -> Dataset:
    """Read MeGlass.

    Raises:
        UsageError: A line of `meta.txt` is not a name and a 0 or 1.
    """
    samples = []
    for number, line in enumerate((folder / META).read_text().splitlines(), start=1):
        if not line.strip():
            continue
        name, _, label = line.strip().rpartition(" ")
        if not name or label not in {"0", "1"}:
            raise UsageError(f"{folder / META}:{number} is not a file name and 0 or 1: {line!r}")
        samples.append(
            Sample(
                path=folder / PHOTOS / name,
                name=f"{folder.name}/{PHOTOS}/{name}",
                has_glasses=label == "1",
                identity=f"{folder.name}:{person(name)}",
                dataset=folder.name,
            )
        )
    return Dataset(folder.name, tuple(samples), aligned=True, terms=TERMS)


def person(name: str) -> str:
    """The person in a MeGlass file name."""
    return "@".join(name.split("@")[:2])

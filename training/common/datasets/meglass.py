"""MeGlass (Guo et al. 2018): 120 × 120 crops, `meta.txt` with a 0 or 1 after each name.

A name is `USER@N.._identity_K@PHOTO_FACE.jpg`; the part before the second `@` is the person.
"""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training.common.datasets.dataset import Dataset
from training.common.sample import Sample

META = "meta.txt"
PHOTOS = "MeGlass_120x120"
TERMS = "research (MeGlass, from MegaFace)"
FULL = (33_085, 14_832)


def is_meglass(folder: Path) -> bool:
    """Return whether a folder has the layout, or a part of it."""
    if (folder / PHOTOS).is_dir():
        return True
    meta = folder / META
    return meta.is_file() and "_identity_" in meta.read_text(errors="replace")[:200]


def load(folder: Path) -> Dataset:
    """Return MeGlass.

    Raises:
        UsageError: It is incomplete, or a line of `meta.txt` is not a name and a 0 or 1.
    """
    for part in (META, PHOTOS):
        if not (folder / part).exists():
            raise UsageError(f"{folder} looks like MeGlass but has no {part}: download it, too")
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
    return Dataset(folder.name, tuple(samples), aligned=True, terms=TERMS, full=FULL)


def person(name: str) -> str:
    """Return the person in a MeGlass file name."""
    return "@".join(name.split("@")[:2])

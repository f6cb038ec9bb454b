"""SPECFACE: whole photos of 60 people, all with glasses, in `01/ … 60/` as `image (1).jpg`."""

from __future__ import annotations

import re
from pathlib import Path

from training.common.datasets.dataset import Dataset
from training.common.sample import Sample

TERMS = "terms unknown: taken as research only (SPECFACE)"
FULL = (0, 320)
_PERSON = re.compile(r"^\d{2}$")
_PHOTO = re.compile(r"^image ?\((?P<number>\d+)\)\.jpe?g$", re.IGNORECASE)


def is_specface(folder: Path) -> bool:
    """Return whether a folder has the layout."""
    return any(_PERSON.match(path.name) and _photos(path) for path in folder.iterdir())


def load(folder: Path) -> Dataset:
    """Return SPECFACE; files that are not named like its photos are ignored."""
    people = sorted(path for path in folder.iterdir() if _PERSON.match(path.name))
    samples = [
        Sample(
            path=path,
            name=f"{folder.name}/{person.name}/{path.name}",
            has_glasses=True,
            identity=f"{folder.name}:{person.name}",
            dataset=folder.name,
        )
        for person in people
        for path in _photos(person)
    ]
    return Dataset(folder.name, tuple(samples), aligned=False, terms=TERMS, full=FULL)


def _photos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = ((_PHOTO.match(path.name), path) for path in folder.iterdir())
    return [path for _, path in sorted((int(m["number"]), path) for m, path in found if m)]

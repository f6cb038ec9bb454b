"""CelebA (Liu et al. 2015, arXiv:1411.7766), aligned, in its official layout.

`Anno/list_attr_celeba.txt`: a count, a line of 40 attribute names, then a line a photo with 1 or
-1 for each. `Anno/identity_CelebA.txt`: photo and number of the person. `Img/img_align_celeba/`.
"""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training.datasets.dataset import Dataset
from training.sample import Sample

ATTRIBUTES = "Anno/list_attr_celeba.txt"
IDENTITIES = "Anno/identity_CelebA.txt"
PHOTOS = "Img/img_align_celeba"
TERMS = "non-commercial research only (CelebA agreement)"


def is_celeba(folder: Path) -> bool:
    """Whether a folder has the layout."""
    return (folder / ATTRIBUTES).is_file()


def load(folder: Path) -> Dataset:
    """Read CelebA.

    Raises:
        UsageError: The attribute list is damaged, or photos that it names are missing.
    """
    lines = (folder / ATTRIBUTES).read_text().splitlines()
    if len(lines) < 2 or "Eyeglasses" not in lines[1].split():
        raise UsageError(f"{folder / ATTRIBUTES} has no column Eyeglasses: download it again")
    column = 1 + lines[1].split().index("Eyeglasses")
    people = _identities(folder)
    samples = []
    for line in lines[2:]:
        fields = line.split()
        if not fields:
            continue
        path = folder / PHOTOS / fields[0]
        person = people.get(fields[0])
        samples.append(
            Sample(
                path=path,
                name=f"{folder.name}/{PHOTOS}/{fields[0]}",
                has_glasses=fields[column] == "1",
                identity=None if person is None else f"celeba_id_{person}",
                dataset=folder.name,
            )
        )
    return Dataset(folder.name, tuple(samples), aligned=True, terms=TERMS)


def _identities(folder: Path) -> dict[str, str]:
    path = folder / IDENTITIES
    if not path.is_file():
        return {}
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

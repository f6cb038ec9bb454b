"""CelebA (Liu et al. 2015, arXiv:1411.7766), aligned, as published and as on Kaggle.

Published: `Anno/list_attr_celeba.txt` (a count, a line of 40 attribute names, then a line per photo
with 1 or -1 for each), `Anno/identity_CelebA.txt` (photo and number of the person),
`Eval/list_eval_partition.txt` (photo and 0, 1, 2 for train, validation, test),
`Img/img_align_celeba/`. Kaggle: the same lists as CSV with a header, beside
`img_align_celeba/img_align_celeba/`, and no identities; the lists may also be there
as txt.
"""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training.common.datasets.dataset import Dataset
from training.common.sample import Sample

ATTRIBUTES = ("Anno/list_attr_celeba.txt", "list_attr_celeba.txt", "list_attr_celeba.csv")
IDENTITIES = ("Anno/identity_CelebA.txt", "identity_CelebA.txt")
PARTITIONS = (
    "Eval/list_eval_partition.txt",
    "list_eval_partition.txt",
    "list_eval_partition.csv",
)
PHOTOS = ("Img/img_align_celeba", "img_align_celeba/img_align_celeba", "img_align_celeba")
PARTS = {"0": "train", "1": "validation", "2": "test"}
TERMS = "non-commercial research only (CelebA agreement)"
FULL = (189_406, 13_193)


def is_celeba(folder: Path) -> bool:
    """Return whether a folder has the layout, or a part of it."""
    return any((folder / path).exists() for path in (*ATTRIBUTES, *PHOTOS))


def load(folder: Path) -> Dataset:
    """Return CelebA.

    Raises:
        UsageError: A list is missing or damaged.
    """
    attributes, photos = _first(folder, ATTRIBUTES), _first(folder, PHOTOS)
    if attributes is None:
        raise UsageError(
            f"{folder} has CelebA's photos but no list of attributes: put list_attr_celeba.txt "
            f"(or Kaggle's .csv) into {folder / 'Anno'} or {folder}"
        )
    if photos is None:
        raise UsageError(
            f"{folder} has CelebA's lists but no photos: unpack img_align_celeba.zip to "
            f"{folder / PHOTOS[0]}"
        )
    people = _pairs(folder, IDENTITIES)
    parts = _pairs(folder, PARTITIONS)
    where = photos.relative_to(folder).as_posix()
    samples = []
    for name, has_glasses in _labels(attributes):
        person = people.get(name)
        samples.append(
            Sample(
                path=photos / name,
                name=f"{folder.name}/{where}/{name}",
                has_glasses=has_glasses,
                identity=None if person is None else f"celeba_id_{person}",
                dataset=folder.name,
                official=PARTS.get(parts.get(name, "")),
            )
        )
    return Dataset(folder.name, tuple(samples), aligned=True, terms=TERMS, full=FULL)


def _labels(path: Path) -> list[tuple[str, bool]]:
    """Return photos and labels from the list of attributes."""
    separator = _separator(path)
    lines = path.read_text().splitlines()
    # The CSV's header names the column of photos too; the published one does not.
    header, body = (0, 1) if separator else (1, 2)
    names = lines[header].split(separator) if len(lines) > header else []
    if "Eyeglasses" not in names:
        raise UsageError(f"{path} has no column Eyeglasses: download it again")
    column = names.index("Eyeglasses") + (0 if separator else 1)
    labels = []
    for number, line in enumerate(lines[body:], start=body + 1):
        fields = line.split(separator)
        if not fields or not line.strip():
            continue
        if len(fields) <= column or fields[column] not in {"1", "-1", "0"}:
            raise UsageError(f"{path}:{number} is truncated or damaged: download it again")
        labels.append((fields[0], fields[column] == "1"))
    return labels


def _pairs(folder: Path, candidates: tuple[str, ...]) -> dict[str, str]:
    """Return photo -> value from a list of two columns; nothing if it does not exist."""
    path = _first(folder, candidates)
    if path is None:
        return {}
    pairs = (line.split(_separator(path)) for line in path.read_text().splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _first(folder: Path, candidates: tuple[str, ...]) -> Path | None:
    return next((folder / path for path in candidates if (folder / path).exists()), None)


def _separator(path: Path) -> str | None:
    return "," if path.suffix == ".csv" else None

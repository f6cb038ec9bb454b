"""SoF, Specs on Faces (Afifi & Abdelhamed 2019): whole photos in `640x480/`, all with glasses.

A name starts with the person and the photo: `AbdA_00001_m_31_i_fr_nc_no_2016_2_e0_nl_o.jpg`.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.common.datasets.dataset import Dataset
from training.common.sample import Sample

PHOTOS = "640x480"
TERMS = "academic fair use (Specs on Faces)"
FULL = (0, 2_428)
_NAME = re.compile(r"^(?P<person>[A-Za-z]+)_\d{5}_[mf]_.*\.jpg$", re.IGNORECASE)


def is_sof(folder: Path) -> bool:
    """Return whether a folder has the layout."""
    return (folder / PHOTOS).is_dir()


def load(folder: Path) -> Dataset:
    """Return SoF; files that are not named like its photos are ignored."""
    samples = []
    for path in sorted((folder / PHOTOS).iterdir()):
        match = _NAME.match(path.name)
        if match is None:
            continue
        samples.append(
            Sample(
                path=path,
                name=f"{folder.name}/{PHOTOS}/{path.name}",
                has_glasses=True,
                identity=f"{folder.name}:{match['person']}",
                dataset=folder.name,
            )
        )
    return Dataset(folder.name, tuple(samples), aligned=False, terms=TERMS, full=FULL)

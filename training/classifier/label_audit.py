"""Labels that are probably wrong, found with out-of-fold probabilities.

Confident learning (Northcutt et al. 2021, arXiv:1911.00068): a label is doubtful if the other
class is at least as probable as it is on average for photos with that label. The average is taken
per class, so a network that is less confident about one class does not make all of it doubtful.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from training.common.crop_set import CropRow
from training.common.geometry import SIZE, centre_of

COLUMNS, ROWS = 8, 6
CAPTION = 26
"""Height of the two lines of text below a picture, in px."""
FIELDS = ("number", "name", "has_glasses", "probability", "correction")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A doubtful label.

    Attributes:
        number: Number on the contact sheet; the most doubtful is 1.
        row: The crop's row.
        probability: Of glasses.
        index: Index of its crop.
    """

    number: int
    row: CropRow
    probability: float
    index: int


def doubtful(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Return the indices of labels that are probably wrong, the most doubtful first.

    Args:
        probabilities: N, of glasses; out of fold.
        labels: N, with both values.
    """
    average = probabilities[labels].mean(), (1 - probabilities[~labels]).mean()
    other = np.where(labels, 1 - probabilities, probabilities)
    limit = np.where(labels, average[1], average[0])
    return np.array(
        sorted(np.flatnonzero((other >= limit) & (other > 0.5)), key=lambda i: -other[i]),
        dtype=np.int64,
    )


def suspects(rows: Sequence[CropRow], logits: npt.NDArray[np.float64]) -> list[Suspect]:
    """Return the doubtful labels of crops.

    Args:
        rows: One per crop.
        logits: One per crop; NaN where every network was trained on the photo.
    """
    scored = [int(i) for i in np.flatnonzero(~np.isnan(logits))]
    values = 1 / (1 + np.exp(-logits[scored]))
    labels = np.array([rows[i].has_glasses for i in scored], dtype=np.bool_)
    return [
        Suspect(number, rows[scored[i]], float(values[i]), scored[i])
        for number, i in enumerate(doubtful(values, labels), start=1)
    ]


def contradicted(rows: Sequence[CropRow], values: Sequence[float]) -> list[Suspect]:
    """Return the crops whose label is the less probable one, the least probable first.

    Args:
        rows: One per crop.
        values: Probability of glasses, one per crop.
    """
    wrong = [i for i, row in enumerate(rows) if (values[i] >= 0.5) != row.has_glasses]
    wrong.sort(key=lambda i: -abs(values[i] - 0.5))
    return [Suspect(number, rows[i], values[i], i) for number, i in enumerate(wrong, start=1)]


def write(found: Sequence[Suspect], corrections: Mapping[str, str], path: Path) -> None:
    """Write the suspects, with the corrections that a person made before.

    Args:
        found: The suspects.
        corrections: Photo name -> correction.
        path: The CSV; filled in, it is a file of corrections. Corrected photos that are no longer
            suspects stay in it.
    """
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for s in found:
            correction = corrections.get(s.row.name, "")
            label = int(s.row.has_glasses)
            writer.writerow((s.number, s.row.name, label, round(s.probability, 4), correction))
        for name in corrections.keys() - {s.row.name for s in found}:
            writer.writerow(("", name, "", "", corrections[name]))


def sheets(found: Sequence[Suspect], pixels: npt.NDArray[np.uint8], folder: Path) -> list[Path]:
    """Write contact sheets as PNG, and remove older ones.

    Args:
        found: The suspects.
        pixels: Stored crops, indexed by the suspects.
        folder: Folder of `sheet-01.png` and so on.
    """
    for old in folder.glob("sheet-*.png"):
        old.unlink()
    page = COLUMNS * ROWS
    paths = []
    for start in range(0, len(found), page):
        path = folder / f"sheet-{start // page + 1:02}.png"
        _sheet(found[start : start + page], pixels).save(path)
        paths.append(path)
    return paths


def _sheet(found: Sequence[Suspect], pixels: npt.NDArray[np.uint8]) -> Image.Image:
    rows = math.ceil(len(found) / COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * SIZE, rows * (SIZE + CAPTION)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, suspect in enumerate(found):
        left, top = i % COLUMNS * SIZE, i // COLUMNS * (SIZE + CAPTION)
        crop = centre_of(pixels[suspect.index][None])[0]
        sheet.paste(Image.fromarray(crop), (left, top))
        label = "glasses" if suspect.row.has_glasses else "none"
        draw.text(
            (left + 2, top + SIZE),
            f"{suspect.number}: {label}, p {suspect.probability:.2f}",
            "black",
        )
        draw.text((left + 2, top + SIZE + 12), Path(suspect.row.name).name[-19:], "gray")
    return sheet

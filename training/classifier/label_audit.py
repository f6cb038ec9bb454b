"""Out-of-fold probabilities and labels -> the labels that are probably wrong.

Confident learning (Northcutt et al. 2021, arXiv:1911.00068): a label is doubted if the other
class is as probable as it usually is for photos that are labelled so. "Usually" is each class's
own mean, so a network that is timid about one class does not put all of it under suspicion.
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

from training.cropset import Row
from training.geometry import SIZE, centre_of

COLUMNS, ROWS = 8, 6
CAPTION = 26
"""Height of a picture's two lines of text in px."""
FIELDS = ("number", "name", "has_glasses", "probability", "correction")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label to look at.

    Attributes:
        number: As on the contact sheet, the most doubtful first.
        row: The crop's row.
        probability: Of glasses, by networks that have not seen the photo.
        index: Where its crop is.
    """

    number: int
    row: Row
    probability: float
    index: int


def doubtful(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Which of N labels are probably wrong, the most doubtful first.

    Args:
        probabilities: N, of glasses; out of fold.
        labels: N, both kinds among them.
    """
    usual = probabilities[labels].mean(), (1 - probabilities[~labels]).mean()
    other = np.where(labels, 1 - probabilities, probabilities)
    bar = np.where(labels, usual[1], usual[0])
    return np.array(
        sorted(np.flatnonzero((other >= bar) & (other > 0.5)), key=lambda i: -other[i]),
        dtype=np.int64,
    )


def suspects(rows: Sequence[Row], logits: npt.NDArray[np.float64]) -> list[Suspect]:
    """The doubtful ones of some crops.

    Args:
        rows: One a crop.
        logits: One a crop; NaN where no network is without knowledge of the photo.
    """
    known = [int(i) for i in np.flatnonzero(~np.isnan(logits))]
    values = 1 / (1 + np.exp(-logits[known]))
    labels = np.array([rows[i].has_glasses for i in known], dtype=np.bool_)
    return [
        Suspect(number, rows[known[i]], float(values[i]), known[i])
        for number, i in enumerate(doubtful(values, labels), start=1)
    ]


def contradicted(rows: Sequence[Row], values: Sequence[float]) -> list[Suspect]:
    """The crops whose label is the less probable one, the least probable first.

    Args:
        rows: One a crop.
        values: Probability of glasses, one a crop.
    """
    wrong = [i for i, row in enumerate(rows) if (values[i] >= 0.5) != row.has_glasses]
    wrong.sort(key=lambda i: -abs(values[i] - 0.5))
    return [Suspect(number, rows[i], values[i], i) for number, i in enumerate(wrong, start=1)]


def write(found: Sequence[Suspect], judged: Mapping[str, str], path: Path) -> None:
    """Write the suspects with what a person said of them before.

    Args:
        found: The suspects.
        judged: Photo name -> correction.
        path: The CSV; filled in, it is a file of corrections. Judged photos that are under
            suspicion no more stay in it.
    """
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for s in found:
            said = judged.get(s.row.name, "")
            label = int(s.row.has_glasses)
            writer.writerow((s.number, s.row.name, label, round(s.probability, 4), said))
        for name in judged.keys() - {s.row.name for s in found}:
            writer.writerow(("", name, "", "", judged[name]))


def sheets(found: Sequence[Suspect], pixels: npt.NDArray[np.uint8], folder: Path) -> list[Path]:
    """Contact sheets for a person to judge, as PNG.

    Args:
        found: The suspects.
        pixels: Stored crops, as the suspects' indices count.
        folder: Where `sheet-01.png` and so on go.
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
        says = "glasses" if suspect.row.has_glasses else "none"
        draw.text(
            (left + 2, top + SIZE),
            f"{suspect.number}: {says}, p {suspect.probability:.2f}",
            "black",
        )
        draw.text((left + 2, top + SIZE + 12), Path(suspect.row.name).name[-19:], "gray")
    return sheet

"""Write verdicts and thumbnails as an HTML page, in blocks, so memory does not grow.

template.html has placeholders for style.css, for the scripts (concatenated in one function) and for
the data: blocks of JSON in which `<` is escaped, so that no content can end them. The content
security policy allows only the hashes of that style and script.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any, TextIO

from glasses.protocol.verdict import FaceChoice, Verdict
from producer.left_out_text import describe_ignored
from producer.report.picture_files import PREVIEW, THUMBNAIL, PictureFiles
from producer.report.thumbnails import ReportPicture
from producer.rows import printable

BLOCK = 256
"""Photos per data block."""
_STATUSES = ("classified", "no_face", "failed")


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """What a page shows of an evaluation.

    Attributes:
        section: HTML with the figures.
        columns: Columns of the labels by which photos can be filtered.
        labels: Label of each photo, and its values in those columns, in the order of the page.
    """

    section: str
    columns: tuple[str, ...]
    labels: Sequence[tuple[bool, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class ReportInfo:
    """The header of a report.

    Attributes:
        identity: Key under which the browser stores the reader's marks.
        job_id: None for a report without a job.
        title: The title.
        text: A line below the title.
        pictures: Source of the pictures, or why there are none.
        threshold: Initial threshold.
        faces: Which faces decide.
        unsure: Range of unsure probabilities.
        notices: What the reader must know before reading the verdicts, one sentence each.
        evaluation: None if the photos have no labels.
        ignored: Files that are not photos, by kind; may still be counted while photos are written.
    """

    identity: str
    job_id: str | None
    title: str
    text: str
    pictures: str
    threshold: float
    faces: FaceChoice
    unsure: tuple[float, float]
    notices: tuple[str, ...] = ()
    evaluation: LabelledPage | None = None
    ignored: Mapping[str, int] = field(default_factory=dict)


def write_page(
    out: TextIO,
    info: ReportInfo,
    photos: Iterable[tuple[Verdict, ReportPicture]],
    pictures: PictureFiles | None = None,
) -> int:
    """Write the page.

    Args:
        out: The file.
        info: Header of the page.
        photos: The photos, in the order of the page.
        pictures: Stores their pictures; None: all are embedded.

    Returns:
        The number of photos.
    """
    pictures = pictures or PictureFiles()
    folder = files(__package__)
    evaluation = info.evaluation
    style = _read(folder / "style.css") + (_read(folder / "evaluation.css") if evaluation else "")
    script = _script(folder / "scripts")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data: file: 'self'; base-uri 'none'; form-action 'none'"
    )
    head, tail = _read(folder / "template.html").split("{{data}}")
    head = head.replace("{{policy}}", policy).replace("{{style}}", style)
    out.write(head.replace("{{evaluation}}", evaluation.section if evaluation else ""))
    count, tells_kinds = 0, False
    for block in _blocks(photos):
        rows = [_row(verdict, picture, pictures) for verdict, picture in block]
        if evaluation:
            for number, row in enumerate(rows, count):
                label, groups = evaluation.labels[number]
                row += [int(label), [printable(value) for value in groups]]
        out.write(f'<script type="application/json" class="photos">{_json(rows)}</script>\n')
        count += len(block)
        tells_kinds = tells_kinds or any(
            face.eyewear is not None for verdict, _ in block for face in verdict.faces
        )
    facts = {
        "id": info.identity,
        "job": info.job_id,
        "title": printable(info.title),
        "text": ". ".join(filter(None, [info.text, describe_ignored(info.ignored)])),
        "pictures": info.pictures,
        "threshold": info.threshold,
        "faces": info.faces,
        "kinds": tells_kinds,
        "unsure": info.unsure,
        "notices": info.notices,
        "folder": pictures.url,
        "evaluation": {"columns": evaluation.columns} if evaluation else None,
    }
    out.write(f'<script type="application/json" id="about-data">{_json(facts)}</script>\n')
    out.write(tail.replace("{{script}}", script))
    return count


def _blocks(
    photos: Iterable[tuple[Verdict, ReportPicture]],
) -> Iterator[Sequence[tuple[Verdict, ReportPicture]]]:
    remaining = iter(photos)
    while block := list(islice(remaining, BLOCK)):
        yield block


def _row(verdict: Verdict, picture: ReportPicture, pictures: PictureFiles) -> list[Any]:
    """Return a photo as `readPhotos` in scripts/01-data.js reads it."""
    faces = [
        [
            *face.box.model_dump().values(),
            face.detection_score,
            int(face.confirmed),
            face.probability,
            face.sunglasses_probability,
        ]
        for face in verdict.faces
    ]
    return [
        # Escaped, so that no two names look the same.
        printable(verdict.image),
        _STATUSES.index(verdict.status),
        verdict.probability,
        faces,
        verdict.orientation,
        verdict.reason,
        verdict.sha256,
        picture.width,
        picture.height,
        pictures.place(verdict.sha256, picture.thumbnail, THUMBNAIL),
        picture.link,
        pictures.place(verdict.sha256, picture.preview, PREVIEW),
        calendar.timegm(picture.date.timetuple()) if picture.date else None,
        int(picture.is_taken),
    ]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _script(folder: Traversable) -> str:
    parts = sorted(
        (part for part in folder.iterdir() if part.name.endswith(".js")), key=lambda p: p.name
    )
    body = "\n".join(_read(part) for part in parts)
    return f'"use strict";(() => {{\n{body}}})();'


def _read(file: Traversable) -> str:
    return file.read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

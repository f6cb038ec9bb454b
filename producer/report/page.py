"""Verdicts and thumbnails -> the page, written as they come: memory is that of one block.

template.html holds the place of everything else: style.css, the scripts (one after the other in
one function), and data blocks of JSON in which no `<` is left that could end them. The policy in
the page's head names the hashes of style and script, so nothing else may run in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any, TextIO

from glasses.verdict import FaceChoice, Verdict
from producer.report.pictures import Picture
from producer.rows import printable

BLOCK = 256
"""Photos in one block of data."""
_STATUSES = ("classified", "no_face", "failed")


@dataclass(frozen=True, slots=True)
class About:
    """What the page says of the whole.

    Attributes:
        identity: Under which the browser keeps the reader's marks.
        job_id: None for a report without a job.
        title: For people.
        text: A line below the title.
        pictures: Where the pictures come from, or why there are none.
        threshold: At which the page starts.
        faces: Which faces decide.
        unsure: The band.
    """

    identity: str
    job_id: str | None
    title: str
    text: str
    pictures: str
    threshold: float
    faces: FaceChoice
    unsure: tuple[float, float]


def write(out: TextIO, about: About, photos: Iterable[tuple[Verdict, Picture]]) -> int:
    """Write the page; returns how many photos are in it."""
    folder = files(__package__)
    style = _read(folder / "style.css")
    script = _script(folder / "scripts")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data: file:; base-uri 'none'; form-action 'none'"
    )
    head, tail = _read(folder / "template.html").split("{{data}}")
    out.write(head.replace("{{policy}}", policy).replace("{{style}}", style))
    facts = {
        "id": about.identity,
        "job": about.job_id,
        "title": printable(about.title),
        "text": about.text,
        "pictures": about.pictures,
        "threshold": about.threshold,
        "faces": about.faces,
        "unsure": about.unsure,
    }
    out.write(f'<script type="application/json" id="about-data">{_json(facts)}</script>\n')
    count = 0
    for block in _blocks(photos):
        rows = _json([_row(verdict, picture) for verdict, picture in block])
        out.write(f'<script type="application/json" class="photos">{rows}</script>\n')
        count += len(block)
    out.write(tail.replace("{{script}}", script))
    return count


def _blocks(
    photos: Iterable[tuple[Verdict, Picture]],
) -> Iterator[Sequence[tuple[Verdict, Picture]]]:
    remaining = iter(photos)
    while block := list(islice(remaining, BLOCK)):
        yield block


def _row(verdict: Verdict, picture: Picture) -> list[Any]:
    """As `readPhotos` in scripts/1-data.js takes it."""
    faces = [
        [
            *face.box.model_dump().values(),
            face.detection_score,
            int(face.confirmed),
            face.probability,
        ]
        for face in verdict.faces
    ]
    return [
        # A name that cannot be mistaken for another one, whatever characters it is made of.
        printable(verdict.image),
        _STATUSES.index(verdict.status),
        verdict.probability,
        faces,
        verdict.reason,
        verdict.sha256,
        picture.width,
        picture.height,
        base64.b64encode(picture.thumbnail).decode("ascii"),
        picture.link,
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

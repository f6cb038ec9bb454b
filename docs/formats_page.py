"""Generate docs/formats.md: every format that is read, and which picture of a file counts."""

from __future__ import annotations

from glasses.protocol.statuses import FailureReason
from glasses.sources.formats import FORMATS
from worker.vision.memory_bounds import MAX_PIXELS
from worker.vision.raw import MIN_SIDE

INTRODUCTION = """\
# Image formats

The first bytes of a file decide, never its name: a JPEG named `photo.png`, or named without an
ending, is classified too. Files of other formats fail as `{not_an_image}`. Photos are rotated
upright as their metadata says.

"""
NOTES = """
A picture may have up to {megapixels} megapixels, and a file up to `max_file_mb`.

## RAW

Cameras store a JPEG beside the values of the sensor. The largest one is classified; boxes of
faces are in its px. It needs at least {side} px on its longer side, otherwise the photo fails as
`{no_preview}`: save the photo as JPEG with the camera's program, and classify that. The same
holds for previews in other formats than JPEG. A RAW photo and a JPEG beside it (`IMG_1.NEF`,
`IMG_1.JPG`) are two photos with a verdict each. Other RAW formats that begin as a TIFF does (SRW,
ERF, 3FR) are read in the same way, but not tested. [ADR 22](adr/0022-raw.md) says how previews
are found.
"""


def page() -> str:
    """Return the text of docs/formats.md."""
    lines = ["| format | usual endings | picture |", "|---|---|---|"]
    for format_ in FORMATS:
        endings = ", ".join(f"`.{suffix}`" for suffix in format_.suffixes)
        lines.append(f"| {format_.title} | {endings} | {format_.picture} |")
    notes = NOTES.format(
        megapixels=MAX_PIXELS // 10**6, side=MIN_SIDE, no_preview=FailureReason.NO_PREVIEW
    )
    head = INTRODUCTION.format(not_an_image=FailureReason.NOT_AN_IMAGE)
    return head + "\n".join(lines) + "\n" + notes

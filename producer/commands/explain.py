"""`glasses explain`: why a photo got its verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from producer.options import Faces, FacesOption, JsonOption, ThresholdOption

if TYPE_CHECKING:
    from glasses.verdict import Verdict
    from worker.explain import Explanation

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""What a drawing's name ends in -> its format, as Pillow calls it."""


def command(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="One file.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Draw it all: .png, .jpg or .webp."),
    ] = None,
    threshold: ThresholdOption = None,
    model: Annotated[
        str | None, typer.Option(help="A released model: its name or its folder.")
    ] = None,
    faces: FacesOption = Faces.ANY,
    json_: JsonOption = False,
) -> None:
    """Say why a photo gets its verdict: what each stage sees, how sure, how long.

    Also where the model looks: places are covered in turn, and those that matter are shown. Runs
    here, without any server.
    """
    import dataclasses

    from glasses.examine import examine
    from glasses.settings import load_settings
    from glasses.verdict import FaceChoice, Rule, verdict
    from glasses.walk import Source
    from producer.narration import say
    from producer.needs import workers_packages

    format_ = _format(output) if output else ""
    settings = load_settings(model=model)
    data = _read(photo)
    with workers_packages("explain"):
        from worker.explain import Explainer
        from worker.explain.picture import draw
    explainer = Explainer(settings.model)
    found = explainer(data)
    if threshold is not None:
        found = dataclasses.replace(found, threshold=threshold)
    rule = Rule(model=explainer.pipeline.model, threshold=found.threshold, faces=FaceChoice(faces))
    entry = examine(Source(photo.name, photo), settings.max_file_mb << 20)
    row = verdict(photo.name, entry.sha256, found.outcome, rule)
    if json_:
        typer.echo(json.dumps(_facts(row, found)))
    else:
        from producer.explained import lines

        typer.echo("\n".join(lines(row, found)))
    if output and found.pixels is not None:
        _write(output, draw(found, format_))
        say(f"drawn to {output}")
    raise typer.Exit(1 if row.status == "failed" else 0)


def _read(photo: Path) -> bytes:
    from glasses.errors import UsageError
    from glasses.regular import NotRegularError, read_regular

    try:
        return read_regular(photo)
    except NotRegularError as error:
        raise UsageError(f"{photo} {error.strerror}") from None
    except OSError as error:
        raise UsageError(
            f"{photo} cannot be read: {error.strerror}. It must be one file of this machine: "
            "unpack it or fetch it first, if it lies elsewhere."
        ) from None


def _format(path: Path) -> str:
    """Of a drawing, by its name; refuses what cannot be written, before anything is done."""
    from glasses.errors import UsageError
    from producer import whole

    whole.check(path)
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        raise UsageError(f"{path}: name a file that ends in {', '.join(_FORMATS)}")
    return found


def _write(path: Path, data: bytes) -> None:
    from producer import whole

    with whole.whole(path) as out:
        out.write(data)


def _facts(row: Verdict, found: Explanation) -> dict[str, Any]:
    """Everything but pixels; boxes are left, top, width, height in px of the upright photo."""

    def box(face: Any) -> dict[str, Any]:
        sides = (face.left, face.top, face.width, face.height)
        return {
            "box": [round(side, 1) for side in sides],
            "score": round(face.score, 4),
            "confirmed": face.confirmed,
        }

    return {
        "verdict": row.model_dump(mode="json"),
        "width": found.width,
        "height": found.height,
        "looks": [
            {
                "name": look.name,
                "side": look.side,
                "seen": [
                    {"proposal": box(seen.proposal), "weighed": box(seen.weighed)}
                    for seen in look.seen
                ],
            }
            for look in found.looks
        ],
        "faces": [
            {
                **box(face.face),
                "look": face.look,
                "probability": round(face.probability, 4),
                "heat": None if face.heat is None else face.heat.round(3).tolist(),
            }
            for face in found.faces
        ],
        "seconds": {stage: round(seconds, 5) for stage, seconds in found.times.items()},
        "versions": found.versions,
    }

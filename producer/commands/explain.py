"""`glasses explain`: explain the verdict of one photo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasses.errors import ExitCode
from producer.options import Faces, FacesOption, JsonOption, ThresholdOption

if TYPE_CHECKING:
    from glasses.protocol.verdict import Verdict
    from worker.vision.explain import Explanation

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""File name suffix of a drawing -> Pillow's name of its format."""


def command(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo to explain.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Also draw it to a .png, .jpg or .webp."
        ),
    ] = None,
    threshold: ThresholdOption = None,
    model: Annotated[str | None, typer.Option(help="Name or folder of a released model.")] = None,
    faces: FacesOption = Faces.ANY,
    json_: JsonOption = False,
) -> None:
    """Explain a photo's verdict: what each stage finds, with scores and times.

    An occlusion map shows which parts of a face matter to the model: each part is covered in turn,
    and the change is measured. Runs on this machine, without servers.
    """
    import dataclasses

    from glasses.config.settings import load_settings
    from glasses.protocol.photo_result import PhotoResult
    from glasses.protocol.verdict import DecisionRule, FaceChoice
    from glasses.sources.hashing import hash_file
    from glasses.sources.walk import SourceFile
    from producer.console import log_status
    from producer.extras import worker_extra

    format_ = _format(output) if output else ""
    settings = load_settings(model=model)
    data = _read(photo, settings.max_file_mb)
    with worker_extra("explain"):
        from worker.vision.explain import Explainer
        from worker.vision.explain.picture import draw
    explainer = Explainer(settings.model)
    explanation = explainer(data)
    if threshold is not None:
        explanation = dataclasses.replace(explanation, threshold=threshold)
    rule = DecisionRule(
        model=explainer.pipeline.model, threshold=explanation.threshold, faces=FaceChoice(faces)
    )
    source = SourceFile(photo.name, photo)
    entry = source.identify(hash_file(source, settings.max_file_mb << 20))
    row = PhotoResult.of(entry, explanation.outcome, rule).verdict
    if json_:
        typer.echo(json.dumps(_facts(row, explanation)))
    else:
        from producer.explanation_text import lines

        typer.echo("\n".join(lines(row, explanation)))
    if output and explanation.pixels is not None:
        _write(output, draw(explanation, format_))
        log_status(f"drawing written to {output}")
    raise typer.Exit(ExitCode.FAILED if row.status == "failed" else ExitCode.SUCCESS)


def _read(photo: Path, max_mb: int) -> bytes:
    from glasses.config.regular_file import NotRegularError, TooLargeError, read_regular
    from glasses.errors import UsageError

    try:
        return read_regular(photo, max_mb << 20)
    except NotRegularError as error:
        raise UsageError(f"{photo} {error.strerror}") from None
    except TooLargeError:
        raise UsageError(
            f"{photo} is larger than {max_mb} MB: raise the limit with GLASSES_MAX_FILE_MB"
        ) from None
    except OSError as error:
        raise UsageError(
            f"{photo} cannot be read: {error.strerror}. Pass one local file: unpack archives and "
            "download remote photos first."
        ) from None


def _format(path: Path) -> str:
    """Return Pillow's name of a drawing's format, after checking that the file can be written.

    Raises:
        UsageError: The file cannot be written, or its suffix is unknown.
    """
    from glasses.errors import UsageError
    from producer import atomic_file

    atomic_file.check(path)
    format_ = _FORMATS.get(path.suffix.lower())
    if format_ is None:
        raise UsageError(f"{path}: the file name must end in {', '.join(_FORMATS)}")
    return format_


def _write(path: Path, data: bytes) -> None:
    from producer import atomic_file

    with atomic_file.atomic_file(path) as out:
        out.write(data)


def _facts(row: Verdict, explanation: Explanation) -> dict[str, Any]:
    """Return the explanation without pixels, for `--json`.

    Boxes are left, top, width, height in px of the upright photo.
    """

    def box(face: Any) -> dict[str, Any]:
        sides = (face.left, face.top, face.width, face.height)
        return {
            "box": [round(side, 1) for side in sides],
            "score": round(face.score, 4),
            "confirmed": face.confirmed,
        }

    return {
        "verdict": row.model_dump(mode="json"),
        "width": explanation.width,
        "height": explanation.height,
        "passes": [
            {
                "name": look.name,
                "side": look.side,
                "proposals": [
                    {"proposal": box(seen.proposal), "checked": box(seen.checked)}
                    for seen in look.proposals
                ],
            }
            for look in explanation.passes
        ],
        "faces": [
            {
                **box(face.face),
                "found_by": face.found_by,
                "probability": round(face.probability, 4),
                "sunglasses_probability": _rounded(face.sunglasses_probability),
                "heat": None if face.heat is None else face.heat.round(3).tolist(),
            }
            for face in explanation.faces
        ],
        "seconds": {stage: round(seconds, 5) for stage, seconds in explanation.times.items()},
        "versions": explanation.versions,
    }


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)

"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from producer.rows import printable

if TYPE_CHECKING:
    from glasses.verdict import Verdict
    from worker.explain import ExplainedFace, Explanation, Look

_SHADES = " ░▒▓█"
_MOST_SEEN = 10
"""Proposals of one look that are listed."""


def lines(row: Verdict, found: Explanation) -> Iterator[str]:
    """The explanation, a line at a time."""
    yield f"{printable(row.image)}: {_verdict(row)}"
    if found.width:
        yield f"  {found.width} × {found.height} px upright"
    for look in found.looks:
        yield from _look(look)
    for number, face in enumerate(found.faces, 1):
        yield from _face(number, face, found.threshold)
    yield ""
    yield "time"
    for stage, seconds in found.times.items():
        yield f"  {stage:<16}{1000 * seconds:8.1f} ms"
    yield ""
    yield "versions"
    for name, version in found.versions.items():
        yield f"  {name:<24}{version}"


def _verdict(row: Verdict) -> str:
    if row.reason:
        return f"failed ({row.reason})"
    if row.probability is None:
        return "no face was found, so it counts as without glasses"
    side = "≥" if row.glasses else "<"
    word = "glasses" if row.glasses else "no glasses"
    return f"{word}, since {row.probability:.4f} {side} {row.threshold}"


def _look(look: Look) -> Iterator[str]:
    yield ""
    yield f"{look.name} ({look.side} px): the network proposes {len(look.seen) or 'nothing'}"
    for seen in look.seen[:_MOST_SEEN]:
        what = f"  {seen.proposal.score:.3f} at {_place(seen.proposal)}: "
        if seen.weighed.confirmed:
            yield what + f"dlib confirms, margin {seen.weighed.score:+.2f}"
        else:
            yield what + f"dlib does not confirm, which leaves {seen.weighed.score:.3f}"
    if len(look.seen) > _MOST_SEEN:
        yield f"  … and {len(look.seen) - _MOST_SEEN} more"


def _face(number: int, face: ExplainedFace, threshold: float) -> Iterator[str]:
    word = "glasses" if face.probability >= threshold else "no glasses"
    yield ""
    yield f"face {number} at {_place(face.face)}, from the {face.look}"
    yield f"  probability {face.probability:.4f}: {word}"
    if face.heat is None:
        return
    yield "  where it looks; the darker, the more it changes when the place is covered:"
    most = max(float(abs(face.heat).max()), 1.0)
    for values in face.heat:
        shades = (_SHADES[round((len(_SHADES) - 1) * abs(float(v)) / most)] for v in values)
        yield "    " + "".join(2 * shade for shade in shades).rstrip()
    yield f"  covering the darkest place changes the log odds by {_strongest(face.heat):+.2f}"


def _strongest(heat: Any) -> float:
    values = heat.ravel()
    return -float(values[abs(values).argmax()])


def _place(face: Any) -> str:
    return f"{face.left:.0f},{face.top:.0f} {face.width:.0f} × {face.height:.0f} px"

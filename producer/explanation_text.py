"""Format an explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from glasses.protocol.eyewear import describe, kind_of
from glasses.protocol.verdict import reaches
from producer.rows import printable

if TYPE_CHECKING:
    from glasses.protocol.verdict import Verdict
    from worker.vision.explain import ExplainedFace, Explanation, ProposalPass

_SHADES = " ░▒▓█"
_MAX_PROPOSALS = 10
"""Proposals listed per pass."""


def lines(row: Verdict, explanation: Explanation) -> Iterator[str]:
    """Yield the lines of an explanation."""
    yield f"{printable(row.image)}: {_verdict(row)}"
    if explanation.width:
        yield f"  {explanation.width} × {explanation.height} px after its EXIF orientation"
    if row.orientation:
        yield f"  its faces are upright if it is rotated by {row.orientation}° clockwise"
    for proposal_pass in explanation.passes:
        yield from _proposals(proposal_pass)
    for number, face in enumerate(explanation.faces, 1):
        yield from _face(number, face, explanation.threshold)
    yield ""
    yield "time"
    for stage, seconds in explanation.times.items():
        yield f"  {stage:<16}{1000 * seconds:8.1f} ms"
    yield ""
    yield "versions"
    for name, version in explanation.versions.items():
        yield f"  {name:<24}{version}"


def _verdict(row: Verdict) -> str:
    if row.reason:
        return f"failed ({row.reason})"
    if row.probability is None:
        return "no glasses, since no face was found"
    side = "≥" if row.glasses else "<"
    word = describe(row.glasses, row.eyewear)
    return f"{word}, since {row.probability:.4f} {side} {row.threshold}"


def _proposals(found: ProposalPass) -> Iterator[str]:
    yield ""
    count = len(found.proposals) or "nothing"
    yield f"{found.name} ({found.side} px): the network proposes {count}"
    for seen in found.proposals[:_MAX_PROPOSALS]:
        proposal = f"  {seen.proposal.score:.3f} at {_box(seen.proposal)}: "
        if not seen.checked.confirmed:
            yield proposal + "not sure enough, and not confirmed by dlib"
        elif _box(seen.checked) == _box(seen.proposal):
            yield proposal + "sure"
        else:
            yield proposal + "confirmed by dlib"
    if len(found.proposals) > _MAX_PROPOSALS:
        yield f"  … and {len(found.proposals) - _MAX_PROPOSALS} more"


def _face(number: int, face: ExplainedFace, threshold: float) -> Iterator[str]:
    is_worn = reaches(face.probability, threshold)
    sunglasses = face.sunglasses_probability
    yield ""
    yield f"face {number} at {_box(face.face)}, from the {face.found_by}"
    yield f"  probability {face.probability:.4f}: {'glasses' if is_worn else 'no glasses'}"
    if is_worn and sunglasses is not None:
        yield f"  probability of sunglasses {sunglasses:.4f}: {kind_of(sunglasses)}"
    if face.heat is None:
        return
    yield "  occlusion map (darker: covering this part changes the probability more):"
    most = max(float(abs(face.heat).max()), 1.0)
    for values in face.heat:
        shades = (_SHADES[round((len(_SHADES) - 1) * abs(float(v)) / most)] for v in values)
        yield "    " + "".join(2 * shade for shade in shades).rstrip()
    yield f"  covering the darkest part changes the log odds by {_strongest(face.heat):+.2f}"


def _strongest(heat: Any) -> float:
    values = heat.ravel()
    return -float(values[abs(values).argmax()])


def _box(face: Any) -> str:
    return f"{face.left:.0f},{face.top:.0f} {face.width:.0f} × {face.height:.0f} px"

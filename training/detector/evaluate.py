"""The cascade with both networks, the ladder and the reference, on people unseen in training."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.progress import say
from training.proposals import compare, face_free
from training.proposals.choose import Thresholds
from training.proposals.compare import Line
from training.proposals.reference import ReferenceDetector
from training.proposals.space import Space
from training.sample import Sample
from training.splits import TEST
from worker.detect import Detector, HogDetector
from worker.detect.cascade import CascadeDetector, Policy
from worker.manifest import ProposalManifest

REFERENCE = "reference"
FACE_FREE = "face_free"
NET = "net_7876"
"""MTFL's whole photos; its other half are crops of faces."""


def manifest_of(network: Path, sha256: str, thresholds: Thresholds, look: int) -> ProposalManifest:
    """A manifest for a network that is not released yet."""
    return ProposalManifest(
        name=f"proposal-{network.stem}",
        file=network.name,
        sha256=sha256,
        architecture="",
        look=look,
        ask=thresholds.ask,
        believe=thresholds.believe,
        last=thresholds.last,
    )


def detectors(cascades: Mapping[str, CascadeDetector]) -> dict[str, Detector]:
    """All that are compared."""
    return {REFERENCE: ReferenceDetector(), "ladder": HogDetector(), **cascades}


def evaluate(
    space: Space, compared: Mapping[str, Detector], limit: int | None = None
) -> dict[str, Any]:
    """Dataset -> detector -> figures; the sum over all whole photos; photos without faces.

    Args:
        space: Data and known faces.
        compared: Name -> detector; one of them is the reference.
        limit: Photos of each dataset at most.
    """
    result: dict[str, Any] = {}
    total = {name: Line() for name in compared}
    for dataset in space.datasets:
        if dataset.aligned:
            continue
        samples = [s for s in space.samples(TEST) if s.dataset == dataset.name]
        samples = _some([s for s in samples if s.dataset != "mtfl" or NET in s.name], limit)
        lines = compare.compare(compared, compare.read(samples, space.known))
        if lines[REFERENCE].main:
            result[dataset.name] = _told(dataset.name, lines)
        for name, line in lines.items():
            for field in ("main", "unlisted", "unconfirmed", "seconds"):
                getattr(total[name], field).extend(getattr(line, field))
    result["all"] = _told("all", total)
    empty = face_free.paths(space.face_free, TEST)[:limit]
    if empty:
        # Without the reference: it enlarges every one of them, a second a photo.
        others = {name: d for name, d in compared.items() if name != REFERENCE}
        lines = compare.compare(others, compare.read_face_free(empty))
        result[FACE_FREE] = _told(FACE_FREE, lines)
    return result


def _some(samples: list[Sample], limit: int | None) -> list[Sample]:
    """At most so many photos, the same at every call; the lists themselves are sorted by label."""
    if limit is None or len(samples) <= limit:
        return samples
    return random.Random(1).sample(samples, limit)


def _told(name: str, lines: Mapping[str, Line]) -> dict[str, Any]:
    result = {}
    for detector, line in lines.items():
        figures = line.summary() | compare.gain(line, lines.get(REFERENCE, line))
        result[detector] = figures
        say(
            f"{name:20} {detector:14} found {figures['found']:5.0f}/{figures['photos']:<5.0f} "
            f"won {figures['won']:3.0f} lost {figures['lost']:3.0f} "
            f"unlisted {figures['unlisted']:4.0f} {figures['ms']:6.1f} ms"
        )
    return result


def cascades(network: Path, manifest: ProposalManifest) -> dict[str, CascadeDetector]:
    """Both policies of one network."""
    data = network.read_bytes()
    return {f"cascade-{policy}": CascadeDetector(data, manifest, policy) for policy in Policy}

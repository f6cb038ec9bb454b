"""Evaluation: the cascade, dlib at several sizes and the reference, on unseen people."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.common.progress import log
from training.common.sample import Sample
from training.common.splits import TEST
from training.detector import comparison, face_free
from training.detector.comparison import ComparisonRow
from training.detector.reference import ReferenceDetector
from training.detector.thresholds import Thresholds
from training.detector.workspace import DetectorWorkspace
from worker.vision.detect import Detector, HogDetector
from worker.vision.detect.cascade import CascadeDetector, CascadePolicy
from worker.vision.model_manifest import ProposalManifest

REFERENCE = "reference"
FACE_FREE = "face_free"
NET = "net_7876"
"""Folder of MTFL's whole photos; its other half are crops of faces."""


def manifest_of(
    network: Path, sha256: str, thresholds: Thresholds, input_size: int
) -> ProposalManifest:
    """Return a manifest for a network that is not released yet."""
    return ProposalManifest(
        name=f"proposal-{network.stem}",
        file=network.name,
        sha256=sha256,
        architecture="",
        input_size=input_size,
        hint_threshold=thresholds.hint,
        propose_threshold=thresholds.propose,
        accept_threshold=thresholds.accept,
        vote_threshold=thresholds.vote,
    )


def detectors(cascades: Mapping[str, CascadeDetector]) -> dict[str, Detector]:
    """Return all detectors that are compared."""
    return {REFERENCE: ReferenceDetector(), "ladder": HogDetector(), **cascades}


def evaluate(
    space: DetectorWorkspace, compared: Mapping[str, Detector], limit: int | None = None
) -> dict[str, Any]:
    """Return figures per dataset and detector, over all whole photos, and on photos without faces.

    Args:
        space: Data and known faces.
        compared: Name -> detector; faces are won and lost relative to the reference, if given.
        limit: Maximum number of photos per dataset.
    """
    result: dict[str, Any] = {}
    total = {name: ComparisonRow() for name in compared}
    for dataset in space.datasets:
        if dataset.aligned:
            continue
        samples = [s for s in space.samples(TEST) if s.dataset == dataset.name]
        samples = _some([s for s in samples if s.dataset != "mtfl" or NET in s.name], limit)
        lines = comparison.compare(compared, comparison.read(samples, space.known))
        if any(line.main for line in lines.values()):
            result[dataset.name] = _figures(dataset.name, lines)
        for name, line in lines.items():
            for field in ("main", "unlisted", "unconfirmed", "seconds"):
                getattr(total[name], field).extend(getattr(line, field))
    result["all"] = _figures("all", total)
    empty = face_free.paths(space.face_free, TEST)[:limit]
    if empty:
        # Without the reference: it enlarges each of them, which takes a second per photo.
        others = {name: d for name, d in compared.items() if name != REFERENCE}
        lines = comparison.compare(others, comparison.read_face_free(empty))
        result[FACE_FREE] = _figures(FACE_FREE, lines)
    return result


def _some(samples: list[Sample], limit: int | None) -> list[Sample]:
    """Return at most `limit` photos, the same ones at every call; the lists are sorted by label."""
    if limit is None or len(samples) <= limit:
        return samples
    return random.Random(1).sample(samples, limit)


def _figures(name: str, lines: Mapping[str, ComparisonRow]) -> dict[str, Any]:
    result = {}
    for detector, line in lines.items():
        figures = line.summary() | comparison.gain(line, lines.get(REFERENCE, line))
        result[detector] = figures
        log(
            f"{name:20} {detector:14} found {figures['found']:5.0f}/{figures['photos']:<5.0f} "
            f"won {figures['won']:3.0f} lost {figures['lost']:3.0f} "
            f"unlisted {figures['unlisted']:4.0f} {figures['ms']:6.1f} ms"
        )
    return result


def cascades(network: Path, manifest: ProposalManifest) -> dict[str, CascadeDetector]:
    """Return the cascades of both policies with one network."""
    data = network.read_bytes()
    return {
        f"cascade-{policy}": CascadeDetector(data, manifest, policy) for policy in CascadePolicy
    }

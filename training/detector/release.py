"""Release of the detector: network, manifest and card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.common.cache import file_hash
from training.common.card import join_parts, markdown_table, training_data
from training.common.release import FILE, write_release
from training.detector.evaluate import FACE_FREE
from worker.vision.model_manifest import ProposalManifest

ARCHITECTURE = "YuNet: separable convolutions, heads at strides 8, 16 and 32"
SERVED = "cascade-all"
METRICS = ("photos", "found", "won", "lost", "reference_missed")


def release(
    network: Path,
    manifest: ProposalManifest,
    report: Mapping[str, Any],
    name: str,
    models: Path,
    force: bool = False,
) -> ProposalManifest:
    """Write a release.

    Args:
        network: The ONNX file.
        manifest: Has the chosen thresholds.
        report: The evaluation, see `training.detector.stages`.
        name: Name of the release.
        models: Folder of released models.
        force: Whether to replace a release of this name.

    Returns:
        The manifest of the release.

    Raises:
        ModelError: The network is too large, see `training.common.release`.
        UsageError: The release exists and is not to be replaced.
    """
    figures = report["found"]
    metrics = {key: figures["all"][SERVED][key] for key in METRICS}
    if FACE_FREE in figures:
        line = figures[FACE_FREE][SERVED]
        metrics |= {
            "face_free_photos": line["photos"],
            "face_free_photos_with_a_face": line["photos_with_unlisted"],
        }
    released = manifest.model_copy(
        update={
            "name": name,
            "file": FILE,
            "sha256": file_hash(network),
            "architecture": ARCHITECTURE,
            "metrics": metrics,
            "trained_on": report["datasets"],
        }
    )
    write_release(network, released, card(released, report), models, force=force)
    return released


def card(manifest: ProposalManifest, report: Mapping[str, Any]) -> str:
    """Return the card, as Markdown."""
    facts = report["network"]
    return join_parts(
        (
            f"# {manifest.name}",
            f"A fully convolutional network of {facts['weights']:,} weights "
            f"({manifest.architecture}), float, {facts['bytes'] / 1000:.0f} kB, trained "
            f"from {facts['start']}. It proposes faces on a copy of {manifest.input_size} px. "
            f"Those of probability {manifest.accept_threshold} and above count. dlib's frontal "
            f"detector checks those of {manifest.propose_threshold} and above and draws the box. "
            "Where that finds nothing, six views (three sizes, each mirrored) vote on one face, "
            f"and dlib's margin counts a tenth: {manifest.vote_threshold} is enough.",
            training_data(manifest, _training(report)),
            "## Accuracy",
            _METHOD,
            _table(report["found"]),
            "## Failure cases",
            _FAILURES,
        )
    )


def _training(report: Mapping[str, Any]) -> str:
    return (
        "The boxes are dlib's, found at several sizes and on rotated and brightened copies. Where "
        "it found none, they follow from landmarks or boxes that people noted, or from the "
        f"geometry of the set. {report['network']['scenes']:,} scenes were drawn from them: single "
        "photos and collages, rotated up to 40°, partly occluded, over pictures without faces."
    )


_METHOD = (
    "Whole photos of the test part: no photo of these people was used for training. Found: a box "
    "on the main person's face. The reference is dlib at full size, then enlarged twice if that "
    "finds nothing. Won and lost: faces that only the detector, or only the reference, found. "
    "Elsewhere: boxes where no face is listed. In photos of people most of them are people in the "
    "background; in photos without faces (the last lines) all are false. Times were measured on "
    "one core of one machine, in turns."
)

_FAILURES = (
    "- Faces rotated by more than about 45°, upside down, from behind.\n"
    "- Faces below about 13 px at the size of the first copy: 26 px in a photo of 1280 px.\n"
    "- Faces that fill the whole frame and are cut by its edges are less certain.\n"
    "- Animals, masks, statues and drawings can be taken for faces; the photos without faces from "
    "which its thresholds were chosen contain few of them.\n"
    "- Unlisted faces in the background of training photos teach it, to a degree, to overlook such "
    "faces."
)


def _table(figures: Mapping[str, Any]) -> str:
    return markdown_table(
        "| photos of | detector | n | found | won | lost | elsewhere | unconfirmed | ms |",
        [_row(name, *pair) for name, lines in figures.items() for pair in lines.items()],
    )


def _row(dataset: str, detector: str, line: Mapping[str, Any]) -> str:
    found = "–" if dataset == FACE_FREE else f"{line['found']}"
    return (
        f"| {dataset} | {detector} | {line['photos']} | {found} | {line['won']} | {line['lost']} | "
        f"{line['unlisted']} | {line['unconfirmed']} | {line['ms']:.1f} |"
    )

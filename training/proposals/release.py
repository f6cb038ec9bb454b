"""A quantized network and its report -> what the worker finds faces with, and its card."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.cache import file_hash
from training.proposals.evaluate import FACE_FREE
from worker.manifest import ProposalManifest

FILE = "model.onnx"
ARCHITECTURE = "separable convolutions at strides 4 to 32, one head at stride 8"
SERVED = "cascade-all"
METRICS = ("photos", "found", "won", "lost", "reference_missed")


def release(
    network: Path, manifest: ProposalManifest, report: Mapping[str, Any], name: str, models: Path
) -> ProposalManifest:
    """Write model, manifest and card.

    Args:
        network: The quantized ONNX file.
        manifest: With the chosen thresholds.
        report: Of the evaluation, see `training.proposals.stages`.
        name: Of the release.
        models: Folder of released models.
    """
    folder = models / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(network, folder / FILE)
    figures = report["int8"]
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
            "sha256": file_hash(folder / FILE),
            "architecture": ARCHITECTURE,
            "metrics": metrics,
            "trained_on": report["datasets"],
        }
    )
    (folder / "manifest.json").write_text(released.model_dump_json(indent=2) + "\n")
    (folder / "CARD.md").write_text(card(released, report))
    return released


def card(manifest: ProposalManifest, report: Mapping[str, Any]) -> str:
    """The card, as Markdown; generated, so that it cannot claim what was not measured."""
    facts = report["network"]
    parts = (
        f"# {manifest.name}",
        f"A fully convolutional network of {facts['weights']:,} weights ({manifest.architecture}), "
        f"static int8, {facts['int8_bytes'] / 1000:.0f} kB, own training from scratch. It proposes "
        f"where faces are on a copy of {manifest.look} px; dlib's frontal detector is asked about "
        f"proposals of probability {manifest.ask} and above, and draws the box. A face that dlib "
        "does not confirm counts if its probability, plus half of dlib's negative margin, is "
        f"{manifest.believe} or more, and is marked `confirmed = false`. Where that finds nothing, "
        "six views (three sizes, each mirrored) vote on one face, dlib's margin counts a quarter: "
        f"{manifest.last} is enough.",
        "## What it was trained on\n\n" + _terms(manifest, report),
        "## How much it finds\n\n" + _method(),
        *(_table(kind, report[kind]) for kind in ("int8", "fp32") if kind in report),
        "## Where it fails\n\n" + _failures(),
    )
    return "\n\n".join(parts) + "\n"


def _terms(manifest: ProposalManifest, report: Mapping[str, Any]) -> str:
    lines = [f"- {name}: {terms}" for name, terms in manifest.trained_on.items()]
    return (
        "\n".join(lines)
        + f"\n\nThe boxes are dlib's, found at several sizes and on turned and brightened copies; "
        "where it found none, they follow from landmarks or boxes that people noted, or from the "
        f"geometry of the set. {report['network']['scenes']:,} scenes were drawn from them: single "
        "photos and collages, tilted up to 40°, partly covered, over pictures without faces. "
        "**Most of these sets may be used for non-commercial research only; treat the network "
        "likewise.** Ages, skin tones and regions are not evenly represented."
    )


def _method() -> str:
    return (
        "Whole photos of the test part: no photo of these people taught anything. Found means: a "
        "box with the main person's face. The reference is dlib at full size, then enlarged twice "
        "if that finds nothing. Won and lost count faces that only the detector, or only the "
        "reference, found. Elsewhere: boxes where no face is listed; in photos of people most are "
        "people in the background, in photos without faces (the last lines) all are false. Times "
        "are of one core of one machine, side by side."
    )


def _table(kind: str, figures: Mapping[str, Any]) -> str:
    head = "| photos of | detector | n | found | won | lost | elsewhere | unconfirmed | ms |"
    rows = [_row(name, *pair) for name, lines in figures.items() for pair in lines.items()]
    return "\n".join([f"### {kind}", "", head, "|---" * 9 + "|", *rows])


def _row(dataset: str, detector: str, line: Mapping[str, Any]) -> str:
    found = "–" if dataset == FACE_FREE else f"{line['found']}"
    return (
        f"| {dataset} | {detector} | {line['photos']} | {found} | {line['won']} | {line['lost']} | "
        f"{line['unlisted']} | {line['unconfirmed']} | {line['ms']:.1f} |"
    )


def _failures() -> str:
    return (
        "- Faces turned by more than about 45°, upside down, from behind.\n"
        "- Faces below about 13 px at the size that is looked at: 26 px in a photo of 1280 px.\n"
        "- Faces filling the whole frame and cut by its edges are less certain.\n"
        "- Animals, masks, statues and drawings can be taken for faces; they are few among the "
        "photos without faces on which its thresholds were chosen.\n"
        "- In photos of known people, unlisted faces in the background teach it to overlook such "
        "faces in part."
    )

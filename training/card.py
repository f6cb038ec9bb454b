"""A report -> the model card. Generated, never typed: it cannot claim what was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.card_curves import beyond
from training.card_new_kinds import new_kinds
from training.evaluate import OVERALL, WHOLE_PHOTOS
from worker.manifest import Manifest
from worker.pipeline import SURE

BROAD = (OVERALL, WHOLE_PHOTOS)


def card(
    manifest: Manifest,
    report: Mapping[str, Any],
    has_curves: bool = False,
    left_out: Mapping[str, Any] | None = None,
) -> str:
    """The card of a released model, as Markdown.

    Args:
        manifest: What is released.
        report: As `training.stages.evaluate` writes it after evaluation.
        has_curves: There is a picture of the curves beside the card.
        left_out: As `training.stages.leave_one_out` writes it, if it was run.
    """
    parts = (
        f"# {manifest.name}",
        _what(manifest, report),
        "## What it was trained on\n\n" + _terms(manifest, report),
        "## How right it is\n\n" + _method(report),
        _table("int8, as released", report["int8"]["by_dataset"]),
        _table("fp32, before quantization", report["fp32"]["by_dataset"]),
        "F1 of the released network if a pile held another share of people with glasses: "
        + ", ".join(f"{float(s):.0%}: {f:.3f}" for s, f in report["int8"]["f1_by_share"].items())
        + ".",
        *([new_kinds(left_out)] if left_out else []),
        *beyond(report, has_curves),
        "## Where it fails\n\n" + _failures(report["int8"]["by_dataset"]),
    )
    return "\n\n".join(parts) + "\n"


def _what(manifest: Manifest, report: Mapping[str, Any]) -> str:
    size = report["network"]["int8_bytes"] / 1e6
    spec = manifest.input
    return (
        f"{manifest.architecture}, static int8 (u8 activations, s8 weights a channel), "
        f"{size:.2f} MB. It says whether the person in a face crop wears glasses or sunglasses "
        f"(glasses pushed up on the hair do not count). Input: {spec.size} × {spec.size} RGB, the "
        f"detector's box with {spec.crop_margin:.0%} of its side added all round. Positive at "
        f"probability {manifest.threshold} and above. Probabilities are calibrated for piles in "
        "which one photo in five shows glasses."
    )


def _terms(manifest: Manifest, report: Mapping[str, Any]) -> str:
    lines = [f"- {name}: {terms}" for name, terms in manifest.trained_on.items()]
    return (
        "\n".join(lines)
        + f"\n\nIn all {report['network']['crops']} faces of these sets, from ImageNet weights, "
        f"{report['network']['epochs']} epochs. **Most of these sets may be used for "
        "non-commercial research only; treat the model likewise.** They were collected from the "
        "web, mostly of celebrities; ages, skin tones and regions are not evenly represented, "
        "and no figure is broken down by them."
    )


def _method(report: Mapping[str, Any]) -> str:
    photos = report["int8"]["by_dataset"][OVERALL]["photos"]
    return (
        f"Test part of those sets: {photos} photos of people of whom no photo was trained on, as "
        "far as the sets say who is who: where they name nobody, photos were parted, and a "
        "celebrity who is in two sets under different names was not recognised. It is a test on "
        "new people, not on a new kind of photo.\n\n"
        "The whole pipeline is judged, from photo to verdict: any face positive = positive (also "
        "one that the label is not about), no face found = negative, a doubtful face found if the "
        f"classifier is {SURE} sure of glasses there. Calibration and threshold come from "
        f"{report['validation_photos']} further photos; the threshold is that of the "
        "highest expected F1 over piles with 5 to 50 % of people with glasses. Intervals: 95 %, "
        f"drawn by person. {_labels(report)}"
    )


def _labels(report: Mapping[str, Any]) -> str:
    corrected = report.get("corrected_labels", 0)
    if not corrected:
        return "The sets' labels are 1 to 2 % wrong themselves."
    return (
        "Labels that networks doubted, some of which had learned from the photo, were looked at "
        f"by eye and {corrected} of them corrected, in the training part as in the test part; "
        "what no network doubts may still be wrong, so these figures flatter a little."
    )


def _table(title: str, lines: Mapping[str, Mapping[str, Any]]) -> str:
    names = [name for name in lines if name not in BROAD] + [n for n in BROAD if n in lines]
    rows = [_row(name, lines[name]) for name in names]
    head = (
        "| photos of | n | with glasses | precision | recall | F1 | 95 % | no face found | "
        "recall of detector × classifier |"
    )
    return "\n".join([f"### {title}", "", head, "|---" * 9 + "|", *rows])


def _row(name: str, line: Mapping[str, Any]) -> str:
    low, high = line["f1_interval"]
    name = f"**{name}**" if name in BROAD else name
    return (
        f"| {name} | {line['photos']} | {line['positives']} | {_number(line['precision'])} | "
        f"{_number(line['recall'])} | {_number(line['f1'])} | {low:.3f}–{high:.3f} | "
        f"{line['no_face']} | {_number(line['detector_recall'])} × "
        f"{_number(line['classifier_recall'])} |"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _failures(lines: Mapping[str, Mapping[str, Any]]) -> str:
    total = lines[OVERALL]
    missed, unseen = total["false_negatives"], total["no_face_positives"]
    worst = min(
        (name for name in lines if name not in BROAD and lines[name]["f1"] is not None),
        key=lambda name: lines[name]["f1"],
    )
    return (
        f"- Of {missed} people with glasses that were missed, {unseen} are in photos in which the "
        "detector found no face at all: it looks for frontal, upright faces and loses profiles, "
        "strong tilts, and faces mostly hidden.\n"
        f"- {total['false_positives']} people without glasses were called positive.\n"
        f"- The worst of the test sets is {worst}: F1 {lines[worst]['f1']:.4f}.\n"
        "- Not measured: veils, masks, goggles, drawings, infrared, and people far from the "
        "camera. Expect rimless glasses, glare, dark make-up and deep shadows over the eyes to be "
        "harder than the average above."
    )

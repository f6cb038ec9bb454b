"""The model card of a classifier, generated from its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.classifier.card_kinds import kinds_section
from training.classifier.card_method import method
from training.classifier.card_sections import (
    beyond_one_threshold,
    ratios,
    reduced_pass_section,
    unseen_datasets,
)
from training.classifier.evaluate import OVERALL, WHOLE_PHOTOS
from training.common.calibration import MIN_MISTAKES
from training.common.card import join_parts, markdown_table, number, published, training_data
from training.common.run_files import LEARNING_CURVES
from worker.vision.model_manifest import ModelManifest

TOTALS = (OVERALL, WHOLE_PHOTOS)
"""Rows that sum up several datasets; they come last, in bold."""
_NOT_MEASURED = (
    "- Not measured: veils, goggles, drawings, infrared, and people far from the camera. Expect "
    "rimless glasses, glare, dark make-up, face paint and deep shadows over the eyes to be harder "
    "than the average above."
)


def card(
    manifest: ModelManifest,
    report: Mapping[str, Any],
    has_curves: bool = False,
    left_out: Mapping[str, Any] | None = None,
    has_learning_curves: bool = False,
    kinds: Mapping[str, Any] | None = None,
) -> str:
    """Return the card of a released model, as Markdown.

    Args:
        manifest: The release.
        report: As `training.classifier.stages.evaluate` writes it.
        has_curves: Whether a picture of the curves is stored beside the card.
        left_out: As `training.classifier.stages.leave_one_out` writes it, if it was run.
        has_learning_curves: Whether a picture of the learning curves is stored beside the card.
        kinds: As `training.classifier.stages.kinds` writes it, if it was run.
    """
    int8 = report["int8"]
    by_share = ", ".join(f"{float(s):.0%}: {f:.3f}" for s, f in int8["f1_by_share"].items())
    return join_parts(
        (
            f"# {manifest.name}",
            _summary(manifest, report),
            training_data(manifest, _training(manifest, report)),
            f"![learning curves]({LEARNING_CURVES})" if has_learning_curves else "",
            "## Accuracy",
            method(manifest, report),
            _table("int8, as released", int8["by_dataset"]),
            _table("fp32, before quantization", report["fp32"]["by_dataset"]),
            "F1 of the released network by the share of people with glasses in a collection: "
            f"{by_share}.",
            reduced_pass_section(report, kinds),
            unseen_datasets(left_out) if left_out else "",
            *beyond_one_threshold(report, has_curves),
            kinds_section(kinds) if kinds else "",
            "## Failure cases",
            _failures(int8["by_dataset"]),
        )
    )


def _summary(manifest: ModelManifest, report: Mapping[str, Any]) -> str:
    size = report["network"]["int8_bytes"] / 1e6
    spec = manifest.input
    return (
        f"{manifest.architecture}, static int8 (u8 activations, s8 weights per channel), "
        f"{size:.2f} MB. It classifies whether the person in a face crop wears glasses or "
        "sunglasses (glasses pushed up on the hair do not count). "
        f"Input: {spec.size} × {spec.size} RGB, the detector's box with {spec.crop_margin:.0%} of "
        f"its side added on each side. Positive at probability {manifest.threshold} and above. "
        "Probabilities are calibrated for collections in which one photo in five shows glasses."
        f"{_calibration_basis(manifest, report['int8'])}"
    )


def _calibration_basis(manifest: ModelManifest, part: Mapping[str, Any]) -> str:
    basis = part["calibration_basis"]
    text = (
        f" The calibration rests on {basis['photos']} validation photos with a face, "
        f"{basis['mistakes']} of them mistakes."
    )
    if not basis["temperature_kept"]:
        return text
    temperature = f"{manifest.calibration.temperature:g}"
    origin = (
        f"that of `{manifest.started_from}` ({temperature}) was kept"
        if manifest.started_from
        else f"it is {temperature}, as if the network's own probabilities were right"
    )
    reason = (
        f"Fewer than {MIN_MISTAKES} mistakes do"
        if basis["mistakes"] < MIN_MISTAKES
        else "Photos with glasses that rank no higher than others do"
    )
    return (
        f"{text} **{reason} not determine a temperature: {origin}. "
        "Take the probabilities as an order, not as chances, until you have compared them with "
        "more labelled photos.**"
    )


def _training(manifest: ModelManifest, report: Mapping[str, Any]) -> str:
    facts = report["network"]
    epochs = "1 epoch" if facts["epochs"] == 1 else f"{facts['epochs']} epochs"
    web = " The published ones were collected from the web, mostly of celebrities."
    return (
        f"{facts['crops']} faces of these sets, from {facts['start']['text']}, "
        f"{epochs}.{web if published(manifest) else ''}"
    )


def _table(title: str, lines: Mapping[str, Mapping[str, Any]]) -> str:
    names = [name for name in lines if name not in TOTALS] + [n for n in TOTALS if n in lines]
    return markdown_table(
        "| photos of | n | with glasses | precision | recall | F1 | 95 % | no face found | "
        "recall of detector × classifier |",
        [_row(name, lines[name]) for name in names],
        f"### {title}",
    )


def _row(name: str, line: Mapping[str, Any]) -> str:
    name = f"**{name}**" if name in TOTALS else name
    return (
        f"| {name} | {line['photos']} | {line['positives']} | {ratios(line)} | "
        f"{line['no_face']} | {number(line['detector_recall'])} × "
        f"{number(line['classifier_recall'])} |"
    )


def _failures(lines: Mapping[str, Mapping[str, Any]]) -> str:
    total = lines[OVERALL]
    missed, without_face = total["false_negatives"], total["no_face_positives"]
    if not missed and not total["false_positives"]:
        return (
            f"- No mistakes among {total['photos']} test photos: too few to show failures.\n"
            f"{_NOT_MEASURED}"
        )
    sets = {
        n: line["f1"] for n, line in lines.items() if n not in TOTALS and line["f1"] is not None
    }
    comparison = ""
    if len(sets) > 1:
        worst = min(sets, key=lambda name: sets[name])
        comparison = f"- The worst of the test sets is {worst}: F1 {sets[worst]:.4f}.\n"
    found = (
        f"- Of {missed} people with glasses that were missed, {without_face} are in photos in "
        "which the detector found no face: heads seen from behind or raised far, and faces that "
        "are mostly hidden or touch the edges of the photo.\n"
        if missed
        else f"- None of {total['positives']} people with glasses was missed.\n"
    )
    return (
        f"{found}"
        f"- {total['false_positives']} people without glasses were classified as positive.\n"
        f"{comparison}{_NOT_MEASURED}"
    )

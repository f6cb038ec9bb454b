"""What a card says beyond one threshold: each part of the report that there is -> Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHOWN = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Thresholds of the sweep that the card shows; the report has more."""


def beyond(report: Mapping[str, Any], has_curves: bool) -> list[str]:
    """Paragraphs and tables, in the order of the card.

    Args:
        report: See `training.card.card`.
        has_curves: There is a picture beside the card.
    """
    int8 = report["int8"]
    parts = [
        _variants(report["network"].get("variants", {})),
        _curves(int8, has_curves),
        _sweep(int8.get("sweep", [])),
        _reliability(int8),
        _robustness(int8.get("robustness", {})),
        _speed(report),
    ]
    return [part for part in parts if part]


def _variants(rows: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        f"| {name} | {row['bytes'] / 1e6:.2f} | {row['crops_per_second']} | {row['f1']:.4f} |"
        for name, row in rows.items()
    ]
    return _table(
        "### What quantization costs\n\nOn validation crops, threshold 0 of the logit, one core.",
        "| network | MB | crops/s | F1 |",
        lines,
    )


def _curves(part: Mapping[str, Any], has_curves: bool) -> str:
    if "areas" not in part:
        return ""
    areas = part["areas"]
    text = f"### Beyond one threshold\n\nArea under precision–recall {areas['pr']}, under ROC "
    text += f"{areas['roc']}; a photo without a face has probability 0."
    return text + ("\n\n![curves](curves.png)" if has_curves else "")


def _sweep(lines: list[Mapping[str, float]]) -> str:
    rows = [
        f"| {li['threshold']} | {li['precision']:.4f} | {li['recall']:.4f} | {li['f1']:.4f} |"
        for li in lines
        if li["threshold"] in SHOWN
    ]
    return _table(
        "If one photo in five shows glasses:", "| threshold | precision | recall | F1 |", rows
    )


def _reliability(part: Mapping[str, Any]) -> str:
    if "reliability" not in part:
        return ""
    unsure = part["unsure"]
    low, high = unsure["band"]
    return (
        f"Probabilities of photos with a face are off by {part['reliability']['error']:.2%} on "
        f"average. Unsure are those from {low} to {high}: {unsure['share']:.1%} of these photos, "
        f"{unsure['wrong_inside']} of the {unsure['wrong_inside'] + unsure['wrong_outside']} wrong "
        "verdicts among them."
    )


def _robustness(rows: Mapping[str, Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    photos = next(iter(rows.values()))["photos"]
    lines = [
        f"| {name} | {_number(row['precision'])} | {_number(row['recall'])} | "
        f"{_number(row['f1'])} | {row['no_face']} |"
        for name, row in rows.items()
    ]
    return _table(
        f"### If photos were worse\n\n{photos} test photos in which a face is found, half of them "
        "with glasses, spoiled before the whole pipeline sees them.",
        "| photo | precision | recall | F1 | face lost |",
        lines,
    )


def _speed(report: Mapping[str, Any]) -> str:
    if "photos_per_second" not in report:
        return ""
    return (
        f"From bytes to verdict: {report['photos_per_second']} photos/s on one core of the machine "
        "that made this card."
    )


def _table(title: str, head: str, rows: list[str]) -> str:
    if not rows:
        return ""
    return "\n".join([title, "", head, "|---" * (head.count("|") - 1) + "|", *rows])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"

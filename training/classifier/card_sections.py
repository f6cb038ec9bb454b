"""Optional sections of the card: curves, quantization, robustness, speed, unseen datasets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasses.evaluation.confusion import wilson
from training.classifier.evaluate import OVERALL
from training.classifier.recipe import REDUCED_SIDE
from training.common.calibration import MIN_MISTAKES
from training.common.card import markdown_table, number

THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Thresholds that the card shows; the report has more."""


def beyond_one_threshold(report: Mapping[str, Any], has_curves: bool) -> list[str]:
    """Return paragraphs and tables in the order of the card; empty where the report has no data.

    Args:
        report: See `training.classifier.card.card`.
        has_curves: Whether a picture of the curves is stored beside the card.
    """
    int8 = report["int8"]
    return [
        _quantization(report["network"].get("variants", {})),
        _curves(int8, has_curves),
        _thresholds(int8.get("sweep", [])),
        _reliability(int8),
        _robustness(int8.get("robustness", {})),
        _speed(report),
    ]


def ratios(line: Mapping[str, Any]) -> str:
    """Return the cells of precision, recall, F1 and the interval of F1, the first two with theirs.

    Args:
        line: See `training.common.metrics.Scores`.
    """
    hits, alarms, missed = (
        line[key] for key in ("true_positives", "false_positives", "false_negatives")
    )
    cells = [
        f"{number(line[key])}{_interval(wilson(hits, whole))}"
        for key, whole in (("precision", hits + alarms), ("recall", hits + missed))
    ]
    low, high = line["f1_interval"]
    interval = f"{low:.3f}–{high:.3f}" if alarms or missed else "no mistakes"
    # Without photos with glasses there is no F1; its interval would be 0 to 0.
    return " | ".join([*cells, number(line["f1"]), "–" if line["f1"] is None else interval])


def _interval(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f" ({ends[0]:.3f}–{ends[1]:.3f})"


def reduced_pass_section(report: Mapping[str, Any], kinds: Mapping[str, Any] | None) -> str:
    """Return the section on the reduced pass; empty if the network has none.

    Args:
        report: See `training.classifier.card.card`.
        kinds: As `training.classifier.stages.kinds` writes it, if it was run.
    """
    int8 = report["int8"]
    if not int8.get("reduced_pass"):
        return ""
    first = (kinds or int8)["reduced_pass"]
    both, once = (int8[key][OVERALL] for key in ("by_dataset", "full_size_only"))
    kind = f" and that of one kind {first['certain_kind']} or more" if kinds else ""
    return (
        f"### Reduced pass\n\nFaces are first classified at {first['size']} px. They are not "
        f"classified again if the probability of glasses is {first['certain_none']} or less there, "
        f"or {first['certain_glasses']} or more{kind}: {(kinds or int8)['settled']:.1%} of the "
        "faces of the test photos. Figures of accuracy in this card are with both passes, unless "
        f"it says that they are at full size. On the test photos both have F1 {both['f1']} "
        f"({_wrong(both)}), full size alone {once['f1']} ({_wrong(once)})."
    )


def _wrong(line: Mapping[str, Any]) -> str:
    return f"{line['false_positives']} false alarms, {line['false_negatives']} missed"


def left_out_table(report: Mapping[str, Any]) -> str:
    """Return the report of leaving datasets out as a Markdown table."""
    rows = []
    for name, line in report["by_dataset"].items():
        rows.append(
            f"| {name} | {line['photos']} | {line['positives']} | {ratios(line)} | "
            f"{line['no_face']} | {line['threshold']} | "
            f"{line['own_threshold']} |"
        )
    rows.append(f"| **macro** | | | | | **{report['macro_f1']}** | | | | |")
    return markdown_table(
        "| left out | n | with glasses | precision | recall | F1 | 95 % | no face | at | own |",
        rows,
    )


def unseen_datasets(report: Mapping[str, Any]) -> str:
    """Return the section on datasets that a network was not trained on."""
    alone = report.get("full_size_only")
    passes = (
        f"With both passes {_wrong(report)} in all; at full size alone {_wrong(alone)}, and a "
        f"macro F1 of {alone['macro_f1']}."
        if alone
        else "All faces were classified at full size."
    )
    epochs = "epoch" if report["epochs"] == 1 else "epochs"
    if reduced := report.get("reduced_epochs"):
        epochs += f" ({reduced} of them on pictures of {REDUCED_SIDE} px)"
    return (
        "### Unseen datasets\n\n"
        "Each set is evaluated with a network that was trained without it, and without those that "
        f"share people with it, {report['epochs']} {epochs}; calibrated on the other sets. "
        "Networks learned the original labels; the figures are about the corrected ones. At: the "
        "threshold that was used; own: the threshold that the other sets would have chosen. "
        f"{passes}\n\n{left_out_table(report)}"
    )


def _quantization(rows: Mapping[str, Mapping[str, Any]]) -> str:
    return markdown_table(
        "| network | MB | crops/s | F1 |",
        [
            f"| {name} | {row['bytes'] / 1e6:.2f} | {row['crops_per_second']} | {row['f1']:.4f} |"
            for name, row in rows.items()
        ],
        "### Effect of quantization\n\nOn validation crops, threshold 0 of the logit, one core.",
    )


def _curves(part: Mapping[str, Any], has_curves: bool) -> str:
    if "areas" not in part:
        return ""
    areas = part["areas"]
    text = (
        f"### Beyond one threshold\n\nArea under the precision–recall curve {areas['pr']}, under "
        f"the ROC curve {areas['roc']}; a photo without a face has probability 0."
    )
    return text + ("\n\n![curves](curves.png)" if has_curves else "")


def _thresholds(lines: list[Mapping[str, float]]) -> str:
    return markdown_table(
        "| threshold | precision | recall | F1 |",
        [
            f"| {row['threshold']} | {row['precision']:.4f} | {row['recall']:.4f} | "
            f"{row['f1']:.4f} |"
            for row in lines
            if row["threshold"] in THRESHOLDS
        ],
        "If one photo in five shows glasses:",
    )


def _reliability(part: Mapping[str, Any]) -> str:
    if "reliability" not in part:
        return ""
    unsure = part["unsure"]
    low, high = unsure["band"]
    wrong = unsure["wrong_inside"] + unsure["wrong_outside"]
    if wrong < MIN_MISTAKES:
        return (
            f"{wrong} verdicts on photos with a face are wrong: too few to measure whether the "
            f"probabilities are right. Between {low} and {high} are {unsure['share']:.1%} of these "
            "photos."
        )
    return (
        f"Probabilities of photos with a face are off by {part['reliability']['error']:.2%} on "
        f"average. Between {low} and {high} are {unsure['share']:.1%} of these photos, with "
        f"{unsure['wrong_inside']} of the {wrong} wrong verdicts among them."
    )


def _robustness(rows: Mapping[str, Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    photos = next(iter(rows.values()))["photos"]
    return markdown_table(
        "| photo | precision | recall | F1 | face lost |",
        [
            f"| {name} | {number(row['precision'])} | {number(row['recall'])} | "
            f"{number(row['f1'])} | {row['no_face']} |"
            for name, row in rows.items()
        ],
        f"### Robustness\n\n{photos} test photos in which a face is found, half of them with "
        "glasses, corrupted before the whole pipeline processes them.",
    )


def _speed(report: Mapping[str, Any]) -> str:
    if "photos_per_second" not in report:
        return ""
    return (
        f"From bytes to verdict: {report['photos_per_second']} photos/s on one core of the machine "
        "that generated this card."
    )

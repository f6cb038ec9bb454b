"""The card's section on kinds of glasses: how the second output was made, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasses.evaluation.eyewear import CLASSES
from training.classifier.evaluate import OVERALL
from training.classifier.kinds.evaluate import KNOWN
from training.classifier.recipe import HeadRecipe
from training.common.card import join_parts, markdown_table, number


def kinds_section(report: Mapping[str, Any]) -> str:
    """Return the section.

    Args:
        report: As `training.classifier.stages.kinds` writes it.
    """
    return join_parts(
        (
            "## Eyeglasses and sunglasses",
            _method(report),
            _table(report["by_dataset"], "photos of", "### Test photos"),
            _matrix(report["by_dataset"]),
            _unseen(report.get("left_out", {})),
        )
    ).rstrip()


def _method(report: Mapping[str, Any]) -> str:
    training = report["training_photos"]
    calibration = report["calibration"]
    basis = report["calibration_basis"]
    return (
        "A second output says whether glasses are sunglasses: lenses that are visibly dark, "
        "tinted, coloured or mirrored. It is a small head on two inner maps "
        "and the pooled features of the finished network, whose first output it does not change. "
        f"It was trained for {HeadRecipe().epochs} epochs on {training['eyeglasses']} photos of "
        f"eyeglasses and {training['sunglasses']} of sunglasses, of "
        f"{', '.join(report['datasets'])}. Photos whose kind is unclear (half-tints, photochromic "
        "and gradient lenses, goggles) were left out, of the training and of these figures: "
        "expect either verdict on them. Probability = sigmoid(logit / "
        f"{calibration['temperature']:g} + {calibration['bias']:g}), for collections in which one "
        f"pair of glasses in three is dark; from {basis['photos']} validation photos, "
        f"{basis['mistakes']} of them of the wrong kind at 0.5. Sunglasses at 0.5 and above.\n\n"
        "The whole pipeline is evaluated on photos of people who were not used for training, "
        "neither of the network nor of the head (who is in some sets is unknown). No face found, "
        "or a probability of glasses below "
        f"{report['threshold']}, is no glasses. The macro F1 is the mean over the classes that a "
        "set has. Intervals: 95 %, drawn by person, or photo where people are unknown. Labels were "
        "checked by eye; about 1 % are of the wrong kind."
    )


def _table(lines: Mapping[str, Mapping[str, Any]], first: str, title: str) -> str:
    return markdown_table(
        f"| {first} | n | none F1 | eyeglasses F1 | sunglasses F1 | macro F1 | 95 % | right kind, "
        "of glasses found |",
        [_row(name, line) for name, line in lines.items()],
        title,
    )


def _row(name: str, line: Mapping[str, Any]) -> str:
    low, high = line["macro_f1_interval"]
    cells = [number(line["f1"][eyewear]) for eyewear in CLASSES]
    name = f"**{name}**" if name in {KNOWN, OVERALL} else name
    return (
        f"| {name} | {line['photos']} | {' | '.join(cells)} | {line['macro_f1']:.4f} | "
        f"{low:.3f}–{high:.3f} | {number(line['kind_accuracy'])} |"
    )


def _matrix(lines: Mapping[str, Mapping[str, Any]]) -> str:
    total = lines[OVERALL] if OVERALL in lines else next(iter(lines.values()))
    return markdown_table(
        "| label | verdict none | eyeglasses | sunglasses |",
        [
            f"| {label} | {' | '.join(map(str, counts))} |"
            for label, counts in zip(CLASSES, total["matrix"], strict=True)
        ],
        "All test photos by label and verdict:",
    )


def _unseen(lines: Mapping[str, Mapping[str, Any]]) -> str:
    text = (
        "### Unseen datasets\n\nTest photos of each set, with a head that was trained and "
        "calibrated without it and without those that share people with it. The network below the "
        "head is the same; all faces were classified at full size."
    )
    return _table(lines, "left out", text) if lines else ""

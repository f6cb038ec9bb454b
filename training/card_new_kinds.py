"""The report of leaving sets out -> its section of the card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEAD = "| left out | n | with glasses | precision | recall | F1 | 95 % | no face | at | own |"


def table(report: Mapping[str, Any]) -> str:
    """The report as a Markdown table."""
    rows = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    for name, line in report["by_dataset"].items():
        low, high = line["f1_interval"]
        figures = (line["precision"], line["recall"], line["f1"])
        numbers = " | ".join("–" if v is None else f"{v:.4f}" for v in figures)
        rows.append(
            f"| {name} | {line['photos']} | {line['positives']} | {numbers} | "
            f"{low:.3f}–{high:.3f} | {line['no_face']} | {line['threshold']} | "
            f"{line['own_threshold']} |"
        )
    rows.append(f"| **macro** | | | | | **{report['macro_f1']}** | | | | |")
    return "\n".join(rows)


def new_kinds(report: Mapping[str, Any]) -> str:
    """The section."""
    return (
        "### On new kinds of photos\n\n"
        "Each set judged by a network that was trained without it (and without those that share "
        f"people with it) on the labels as they came, {report['epochs']} epochs; calibrated on "
        "the other sets. At: the threshold used; own: the one that "
        "the other sets would have chosen.\n\n" + table(report)
    )

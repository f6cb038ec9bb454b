"""Parts of a model card that both networks share.

Cards are generated from reports, so a card cannot claim what was not measured.
"""

from __future__ import annotations

from collections.abc import Iterable

from training.common.datasets.terms import OWN
from worker.vision.model_manifest import ReleasedFile


def join_parts(parts: Iterable[str]) -> str:
    """Return paragraphs, headings and tables as one Markdown document; empty parts are dropped."""
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_table(head: str, rows: Iterable[str], title: str = "") -> str:
    """Return a Markdown table; nothing if it has no rows.

    Args:
        head: The header line, `| a | b |`.
        rows: Lines of the same form.
        title: Heading or paragraph above the table.
    """
    lines = list(rows)
    if not lines:
        return ""
    above = [title, ""] if title else []
    return "\n".join([*above, head, "|---" * (head.count("|") - 1) + "|", *lines])


def number(value: float | None) -> str:
    """Return a figure with four decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.4f}"


def training_data(manifest: ReleasedFile, text: str) -> str:
    """Return the section on training data: the terms of each dataset, `text`, then what follows."""
    terms = "\n".join(f"- {name}: {terms}" for name, terms in manifest.trained_on.items())
    return f"## Training data\n\n{terms}\n\n{text} {_terms_notice(manifest)}"


def published(manifest: ReleasedFile) -> bool:
    """Return whether a network was trained on any published dataset."""
    return any(terms != OWN for terms in manifest.trained_on.values())


def _terms_notice(manifest: ReleasedFile) -> str:
    if published(manifest):
        notice = (
            "**Most of these sets may be used for non-commercial research only; treat the network "
            "likewise.**"
        )
    elif manifest.started_from:
        notice = (
            f"**The terms of `{manifest.started_from}` apply to this network, too:** see the card "
            "of that model."
        )
    else:
        notice = "Whoever trained this network knows the terms of its photos."
    return f"{notice} Ages, skin tones and regions may not be evenly represented."

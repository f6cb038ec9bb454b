"""Describe what a selection left out: a photo must not be missing without a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from producer.pluralize import pluralize

if TYPE_CHECKING:
    from glasses.sources.left_out import LeftOut

_MAX_KINDS = 8


def describe_ignored(ignored: Mapping[str, int]) -> str:
    """Return how many files were ignored, by kind; "" if none was."""
    if not ignored:
        return ""
    files = pluralize(sum(ignored.values()), "other file")
    return f"{files} ignored: {describe_kinds(ignored)}"


def describe_kinds(counts: Mapping[str, int]) -> str:
    """Return the counts of the most frequent kinds, and the number of the remaining ones."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    parts = [f"{count} {kind}" for kind, count in ordered[:_MAX_KINDS]]
    if remaining := sum(count for _, count in ordered[_MAX_KINDS:]):
        parts.append(f"{remaining} of other kinds")
    return ", ".join(parts)


def describe_left_out(left_out: LeftOut) -> list[str]:
    """Return a line each for ignored, skipped and filtered files, if there are any."""
    lines = [describe_ignored(left_out.ignored)]
    if left_out.skipped:
        items = pluralize(left_out.skipped.total(), "hidden or system item")
        lines.append(f"{items} skipped: {describe_kinds(left_out.skipped)}")
    if left_out.filtered:
        lines.append(f"{pluralize(left_out.filtered, 'file')} left out by --include or --exclude")
    return [line for line in lines if line]

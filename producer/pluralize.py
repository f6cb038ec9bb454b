"""Pluralize nouns in messages."""

from __future__ import annotations


def pluralize(number: int, thing: str) -> str:
    """Return a number with its noun: `1 host`, `2 hosts`, `0 processes`."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing}{'es' if thing.endswith('s') else 's'}"

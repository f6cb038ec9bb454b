"""`glasses --help`: commands by what they are for, each with its first sentence in full."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

GROUPS: dict[str, tuple[str, ...]] = {
    "Judge photos": ("submit", "classify", "watch-folder"),
    "Follow jobs": ("status", "watch", "results", "jobs", "cancel", "rm"),
    "Use verdicts": ("report", "sort", "explain", "correct"),
    "Servers and workers": ("up", "down", "ps", "workers", "scale", "bucket"),
    "Look after it": ("doctor", "config", "reconcile", "exporter"),
}
_WHOLE = 500
"""Characters of a first sentence: more than any has."""


class GroupedCommands(TyperGroup):
    """Lists its commands under `GROUPS`, where each stands once."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Names in the order of the groups."""
        return [name for group in GROUPS.values() for name in group]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section a group."""
        width = max(map(len, self.list_commands(ctx)))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), self._first(name)) for name in names])

    def _first(self, name: str) -> str:
        return self.commands[name].get_short_help_str(_WHOLE)

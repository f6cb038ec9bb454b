"""Group the commands in `glasses --help`, each with the first sentence of its help."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

GROUPS: dict[str, tuple[str, ...]] = {
    "Classify": ("submit", "classify", "watch-folder"),
    "Jobs": ("status", "watch", "jobs", "pause", "resume", "cancel", "rm"),
    "Results": ("results", "report", "sort", "explain", "evaluate", "correct"),
    "Servers and workers": ("up", "down", "ps", "workers", "scale", "bucket"),
    "Maintenance": ("doctor", "config", "reconcile", "expire", "exporter"),
}
_NO_LIMIT = 500
"""Maximum length of a first sentence; none is that long."""


class GroupedCommands(TyperGroup):
    """List the commands by `GROUPS`, which contains each command once."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the command names in the order of the groups."""
        return [name for group in GROUPS.values() for name in group]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section per group."""
        width = max(map(len, self.list_commands(ctx)))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(width), self._first_sentence(name)) for name in names]
                )

    def _first_sentence(self, name: str) -> str:
        return self.commands[name].get_short_help_str(_NO_LIMIT)

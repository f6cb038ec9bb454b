"""The result of a sort."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from glasses.protocol.groups import Group

MISSING = "missing"


@dataclass(slots=True)
class SortSummary:
    """The result of a run.

    Attributes:
        groups: Number of photos sorted into each group.
        companions: Number of companions sorted with them.
        corrected: Number of sorted photos whose group is a person's correction.
        already_sorted: Number of photos that were in place before this run.
        repeated: Number of further rows of a photo that this run had already sorted.
        regrouped: Number of photos that an earlier run sorted into another group.
        otherwise: Those of `already_sorted` for which the mode is now different.
        kept: Photos that were not moved because the same photo was in place.
        left: Skipped files, with the reason.
        separated: Files that are in another folder than the photo of the same stem, with both.
        by_kind: Whether each kind of glasses has a group.
    """

    groups: Counter[Group] = field(default_factory=Counter)
    companions: int = 0
    corrected: int = 0
    already_sorted: int = 0
    repeated: int = 0
    regrouped: int = 0
    otherwise: int = 0
    kept: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    separated: list[tuple[str, str]] = field(default_factory=list)
    by_kind: bool = False

    @property
    def shown_groups(self) -> list[Group]:
        """Return the groups to name; with kinds, `WITH` holds photos of an unknown one."""
        hidden = set() if self.groups[Group.WITH] else {Group.WITH}
        if not self.by_kind:
            hidden = {Group.EYEGLASSES, Group.SUNGLASSES}
        return [group for group in Group if group not in hidden]

    @property
    def all_gone(self) -> bool:
        """Return whether no photo was found, which means that the whole folder was moved."""
        is_any_found = self.groups or self.already_sorted or self.regrouped
        return not is_any_found and all(why == MISSING for _, why in self.left)

"""Select rows by kind, as `--only` names them: the same photos in every command."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Self

from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.groups import UnsureBand, is_unsure
from glasses.protocol.statuses import PhotoStatus
from glasses.protocol.verdict import Verdict
from producer.options import Only


class RowFilter:
    """Select the rows of some kinds.

    Args:
        only: The kinds; a row may be of more than one. Empty: all rows.
        band: Range of unsure probabilities.
    """

    def __init__(self, only: Collection[Only] = (), band: UnsureBand | None = None) -> None:
        self._only = only
        self.band = band or UnsureBand()

    @classmethod
    def of(
        cls, only: Collection[Only] | None, unsure: str | None, has_report: bool = False
    ) -> Self:
        """Parse the `--only` and `--unsure` options of a command that prints rows.

        Args:
            only: The value of `--only`.
            unsure: The value of `--unsure`.
            has_report: Whether the command also writes a report, to which the range applies.

        Raises:
            UsageError: The range is invalid, or unused.
        """
        if unsure and not has_report and Only.UNSURE not in (only or ()):
            raise UsageError("--unsure has no effect without --only unsure")
        return cls(only or (), UnsureBand.parse(unsure) if unsure else None)

    def __call__(self, row: Verdict) -> bool:
        """Return whether a row is selected.

        Raises:
            UsageError: A kind of glasses is asked for, and the model does not tell kinds.
        """
        for kind in _EYEWEAR.intersection(self._only):
            require_kind(row, f"--only {kind}")
        return not self._only or any(_IS_KIND[kind](row, self.band) for kind in self._only)


def require_kind(row: Verdict, option: str) -> None:
    """Check that the model that classified a photo tells kinds of glasses.

    Args:
        row: The verdict on the photo.
        option: What needs the kind, for the message.

    Raises:
        UsageError: It does not.
    """
    if any(face.eyewear is None for face in row.faces):
        raise UsageError(
            f"{option}: model {row.model} does not tell eyeglasses from sunglasses. Classify the "
            "photos with a model that does, or add the second output to it with "
            "`glasses-train kinds`"
        )


def _is_decided(row: Verdict) -> bool:
    return row.status is PhotoStatus.CLASSIFIED or row.is_labelled


_EYEWEAR = frozenset({Only.EYEGLASSES, Only.SUNGLASSES})
_IS_KIND: dict[Only, Callable[[Verdict, UnsureBand], bool]] = {
    Only.GLASSES: lambda row, _: _is_decided(row) and row.glasses,
    Only.NO_GLASSES: lambda row, _: _is_decided(row) and not row.glasses,
    Only.EYEGLASSES: lambda row, _: row.eyewear is Eyewear.EYEGLASSES,
    Only.SUNGLASSES: lambda row, _: row.eyewear is Eyewear.SUNGLASSES,
    Only.UNSURE: is_unsure,
    Only.NO_FACE: lambda row, _: row.status is PhotoStatus.NO_FACE and not row.is_labelled,
    Only.FAILED: lambda row, _: row.status is PhotoStatus.FAILED and not row.is_labelled,
}

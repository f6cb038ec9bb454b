"""One labelled photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glasses.protocol.eyewear import Eyewear


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled photo of any dataset.

    Attributes:
        path: The file.
        name: The file relative to the data root, with forward slashes; unique over all datasets.
        has_glasses: Whether the main person wears glasses or sunglasses.
        identity: The main person, unique over all datasets; None if unknown.
        dataset: The dataset's name.
        official: The part to which the dataset's authors assigned it: train, validation or test.
        together: The group of all photos that copies connect with this one, see
            `training.common.copies`; None without copies.
        eyewear: What the main person wears, if the labels tell kinds of glasses; None if unknown.
    """

    path: Path
    name: str
    has_glasses: bool
    identity: str | None
    dataset: str
    official: str | None = None
    together: str | None = None
    eyewear: Eyewear | None = None

    @property
    def group(self) -> str:
        """What a split must not divide: the person, or the photo if the person is unknown."""
        if self.together is not None:
            return self.together
        return self.identity if self.identity is not None else f"photo:{self.name}"

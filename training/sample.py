"""One labelled photo, whatever dataset it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo and what is known about it.

    Attributes:
        path: Where the file lies.
        name: The file relative to the data root, with forward slashes; unique over all datasets.
        has_glasses: Glasses or sunglasses are worn by the main person.
        identity: Who it is, unique over all datasets; None is unknown.
        dataset: The dataset's name.
        official: The part that the dataset's authors put it in: train, validation or test.
    """

    path: Path
    name: str
    has_glasses: bool
    identity: str | None
    dataset: str
    official: str | None = None

    @property
    def group(self) -> str:
        """What must stay on one side of a split: the person, or the photo if nobody knows who."""
        return self.identity if self.identity is not None else f"photo:{self.name}"

"""A dataset: a named set of samples, as adapters return it."""

from __future__ import annotations

from dataclasses import dataclass

from training.common.datasets.terms import OWN
from training.common.sample import Sample


@dataclass(frozen=True, slots=True)
class Dataset:
    """The labelled photos of one dataset.

    Attributes:
        name: The folder's name.
        samples: In the order of the dataset's own list.
        aligned: Whether the pictures are face crops of a fixed geometry: faces that the detector
            misses are then at a known position. False for whole photos.
        terms: What its authors allow; for the model card.
        full: Number of photos without and with glasses in the published set, if known.
    """

    name: str
    samples: tuple[Sample, ...]
    aligned: bool
    terms: str
    full: tuple[int, int] | None = None

    @property
    def is_published(self) -> bool:
        """Whether it is a published dataset, as opposed to the user's own photos."""
        return self.terms != OWN

    @property
    def counts(self) -> tuple[int, int]:
        """Number of photos without and with glasses."""
        positives = sum(sample.has_glasses for sample in self.samples)
        return len(self.samples) - positives, positives

    @property
    def warning(self) -> str | None:
        """A warning if the number of photos differs from the published set."""
        if self.full is None or self.counts == self.full:
            return None
        without, worn = self.full
        return (
            f"{self.counts[0]} without and {self.counts[1]} with glasses, "
            f"the published set has {without} and {worn}"
        )

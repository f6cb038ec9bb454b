"""What an adapter gives: a named set of samples."""

from __future__ import annotations

from dataclasses import dataclass

from training.sample import Sample


@dataclass(frozen=True, slots=True)
class Dataset:
    """The labelled photos of one dataset.

    Attributes:
        name: The folder's name.
        samples: In the order of the dataset's own list.
        aligned: The pictures are face crops of one fixed geometry, so a face that the detector
            misses still lies where the others do. False for whole photos.
        terms: What its authors allow; for the model card.
        full: Photos without and with glasses in the whole published set, where that is known.
    """

    name: str
    samples: tuple[Sample, ...]
    aligned: bool
    terms: str
    full: tuple[int, int] | None = None

    @property
    def counts(self) -> tuple[int, int]:
        """Photos without and with glasses."""
        positives = sum(sample.has_glasses for sample in self.samples)
        return len(self.samples) - positives, positives

    @property
    def warning(self) -> str | None:
        """What is odd about the number of photos."""
        if self.full is None or self.counts == self.full:
            return None
        without, worn = self.full
        return (
            f"{self.counts[0]} without and {self.counts[1]} with glasses, "
            f"the whole set has {without} and {worn}"
        )

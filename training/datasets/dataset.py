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
    """

    name: str
    samples: tuple[Sample, ...]
    aligned: bool
    terms: str

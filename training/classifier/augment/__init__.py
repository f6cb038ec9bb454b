"""Augmentation: position, light, corruptions and occlusion, on the device that trains."""

from training.classifier.augment.batch import augment, centre, reduced
from training.common.random_source import RandomSource

__all__ = ["RandomSource", "augment", "centre", "reduced"]

"""Batches of stored crops -> what the network may meet: moved, relit, damaged, hidden."""

from training.augment.batch import augment, centre

__all__ = ["augment", "centre"]

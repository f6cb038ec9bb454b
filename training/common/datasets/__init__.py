"""Adapters of published dataset layouts, one per layout."""

from training.common.datasets.dataset import Dataset
from training.common.datasets.discover import discover

__all__ = ["Dataset", "discover"]

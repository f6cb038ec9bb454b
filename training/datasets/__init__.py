"""Published layouts of datasets -> samples. One adapter a layout."""

from training.datasets.dataset import Dataset
from training.datasets.discover import discover

__all__ = ["Dataset", "discover"]

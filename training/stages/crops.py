"""Photos -> stored crops."""

from __future__ import annotations

from training.crops import make_crops
from training.workspace import Workspace


def run(work: Workspace, processes: int) -> None:
    """Cut the faces of every dataset that has changed."""
    make_crops(work.datasets, work.crops, processes)

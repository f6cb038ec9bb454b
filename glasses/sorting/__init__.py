"""Putting judged photos into folders, and taking that back."""

from glasses.sorting.sort import NOWHERE, Sorted, Sorter
from glasses.sorting.transfer import How
from glasses.sorting.undo import Undone, undo

__all__ = ["NOWHERE", "How", "Sorted", "Sorter", "Undone", "undo"]

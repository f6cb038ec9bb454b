"""Sort classified photos into folders, and undo it."""

from producer.sorting.sort import NOT_A_FILE
from producer.sorting.summary import SortSummary
from producer.sorting.transfer import TransferMode
from producer.sorting.transfers import Transfers
from producer.sorting.undo import UndoSummary, undo

__all__ = [
    "NOT_A_FILE",
    "SortSummary",
    "TransferMode",
    "Transfers",
    "UndoSummary",
    "undo",
]

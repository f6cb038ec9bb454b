"""The job ledger: what was submitted, what is under way, what was found. On Redis, atomically."""

from glasses.ledger.gaps import gaps
from glasses.ledger.ledger import Begun, Ledger, Recorded
from glasses.ledger.reclaim import reclaim, reclaim_all

__all__ = ["Begun", "Ledger", "Recorded", "gaps", "reclaim", "reclaim_all"]

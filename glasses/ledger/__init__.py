"""The job ledger in Redis: jobs, chunks, leases and outcomes, changed in atomic steps."""

from glasses.ledger.ledger import Ledger
from glasses.ledger.reconciler import reclaim, reclaim_all
from glasses.ledger.records import (
    AcquireAnswer,
    EnqueueAnswer,
    LeaseGrant,
    OutcomeRecord,
    Snapshot,
)

__all__ = [
    "AcquireAnswer",
    "EnqueueAnswer",
    "LeaseGrant",
    "Ledger",
    "OutcomeRecord",
    "Snapshot",
    "reclaim",
    "reclaim_all",
]

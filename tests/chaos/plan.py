"""What a campaign does, and what it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a campaign.

    Attributes:
        seed: Determines the photos, and the faults and their order.
        photos: Number of photos to submit, at least.
        faults: Name of a group in `tests.chaos.faults` -> number of faults of that group.
        job_photos: Photos per job.
        jobs: Number of jobs that run at the same time.
        poison: Photos per job that kill each process that reads them.
        pause: Mean number of seconds between two faults.
        workers: Number of workers, each with one process.
        reconciler: False disables the reconciler of the workers.
        stall: Seconds without progress after which unfinished photos count as lost.
    """

    seed: int
    photos: int
    faults: Mapping[str, int]
    job_photos: int = 250
    jobs: int = 3
    poison: int = 1
    pause: float = 0.5
    workers: int = 2
    reconciler: bool = True
    stall: float = 120


@dataclass(slots=True)
class Report:
    """The outcome of a campaign.

    Attributes:
        seed: Of the plan.
        jobs: Number of jobs whose submitter exited with 0 and that were not removed.
        photos: Number of photos in all jobs.
        faults: Kind of fault -> how often it was injected.
        submitted_again: Number of submitters that failed or were killed, and were run again.
        samples: Number of times that the status of a job was read while faults were injected.
        seconds: Duration.
        lost: Photos without a row.
        doubled: Rows beyond one per photo.
        wrong: Rows that differ from those of `glasses classify`.
        negative: Jobs of which any status had a negative number.
        broken: Jobs of which any status broke the identity
            `submitted = classified + no_face + failed + cancelled + pending`.
        premature: Jobs that any status called done while rows were missing.
        disagreements: Jobs on which status, results, report and Python client disagree.
        watches_not_ended: Jobs whose `glasses watch` did not exit by itself as documented.
        tracebacks: Commands that printed a traceback or exited with an undocumented code.
        stalled: 1 if the campaign broke off, since no job made progress for too long.
        leftovers: 1 if a Redis key has no TTL or an object belongs to no job at the end.
        examples: Some of what was found, in words.
    """

    seed: int
    jobs: int = 0
    photos: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    submitted_again: int = 0
    samples: int = 0
    seconds: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    negative: int = 0
    broken: int = 0
    premature: int = 0
    disagreements: int = 0
    watches_not_ended: int = 0
    tracebacks: int = 0
    stalled: int = 0
    leftovers: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def violations(self) -> dict[str, int]:
        """Return the guarantees that were violated, and how often."""
        names = (
            "lost", "doubled", "wrong", "negative", "broken", "premature", "disagreements",
            "watches_not_ended", "tracebacks", "stalled", "leftovers",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def count(self, violation: str, example: str, number: int = 1) -> None:
        """Add to a violation, and keep an example of it."""
        setattr(self, violation, getattr(self, violation) + number)
        if sum(each.startswith(violation) for each in self.examples) < _EXAMPLES:
            self.examples.append(f"{violation}: {example}")


_EXAMPLES = 10
"""Kept per violation."""

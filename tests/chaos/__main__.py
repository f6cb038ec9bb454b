"""`python -m tests.chaos`: a campaign of any length; prints its report as JSON on stdout."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos.campaign import run
from tests.chaos.faults import GROUPS
from tests.chaos.plan import Plan

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--photos", type=int, default=1000, help="to submit, at least")
    for group, kinds in GROUPS.items():
        names = ", ".join(kind.__name__ for kind in kinds)
        option = "--" + group.replace("_", "-")
        parser.add_argument(option, type=int, default=0, metavar="N", help=f"faults: {names}")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--job-photos", type=int, default=250)
    parser.add_argument("--pause", type=float, default=0.5, help="mean seconds between faults")
    parser.add_argument("--stall", type=float, default=120, help="seconds without progress: lost")
    parser.add_argument("--without-reconciler", action="store_true")
    options = parser.parse_args()
    plan = Plan(
        options.seed,
        options.photos,
        {group: getattr(options, group) for group in GROUPS},
        workers=options.workers,
        job_photos=options.job_photos,
        pause=options.pause,
        stall=options.stall,
        reconciler=not options.without_reconciler,
    )
    # Processes that a killed campaign left behind would go on for ever.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    sys.stderr.write(f"logs are in {home}\n")
    report = run(plan, home, ROOT / "demo" / "photos")
    sys.stdout.write(json.dumps(dataclasses.asdict(report)) + "\n")
    sys.exit(1 if report.violations else 0)


if __name__ == "__main__":
    main()

"""`python -m tests.chaos`: a long campaign on demand; its report as JSON on stdout."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from tests.chaos.campaign import Plan, run

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    for name in ("seed", "photos", "kills"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--job-photos", type=int, default=250)
    parser.add_argument("--pause", type=float, default=0.5, help="mean seconds between troubles")
    parser.add_argument("--stall", type=float, default=120, help="without a verdict: lost")
    parser.add_argument("--without-reconciler", action="store_true")
    options = parser.parse_args()
    plan = Plan(
        options.seed,
        options.photos,
        options.kills,
        workers=options.workers,
        job_photos=options.job_photos,
        pause=options.pause,
        stall=options.stall,
        reconciler=not options.without_reconciler,
    )
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    sys.stderr.write(f"logs are in {home}\n")
    report = run(plan, home, ROOT / "demo" / "photos")
    sys.stdout.write(json.dumps(dataclasses.asdict(report)) + "\n")
    sys.exit(1 if report.lost or report.doubled or report.wrong else 0)


if __name__ == "__main__":
    main()

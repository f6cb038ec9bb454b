"""Int8 network and report -> released model."""

from __future__ import annotations

import json
from pathlib import Path

from training.evaluate import OVERALL
from training.progress import say
from training.release import CURVES, release
from training.stages.leave_one_out import REPORT
from training.workspace import Workspace, need


def run(work: Workspace, name: str, models: Path) -> None:
    """Put the evaluated network into the folder of released models."""
    report = json.loads(need(work.report, "evaluate").read_text())
    curves = work.report.with_name(CURVES)
    by_set = work.run / REPORT
    left_out = json.loads(by_set.read_text()) if by_set.is_file() else None
    manifest = release(need(work.int8, "quantize"), report, name, models, curves, left_out)
    f1 = report["int8"]["by_dataset"][OVERALL]["f1"]
    say(f"released {models / name}: F1 {f1} at {manifest.threshold}, sha256 {manifest.sha256}")

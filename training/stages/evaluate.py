"""Networks and photos -> report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training import splits
from training.cache import file_hash, fingerprint, finish, is_fresh
from training.evaluate import calibrate, evaluate, mistakes
from training.progress import say
from training.scoring import Scorer
from training.served import Served, serve
from training.workspace import Workspace, need, write_json


def run(work: Workspace, processes: int) -> None:
    """Calibrate on the validation part, judge on the test part, both networks."""
    need(work.int8, "quantize")
    folder = work.report.parent
    validation = serve(work.photos(splits.VALIDATION), folder / "validation.npz", processes)
    test = serve(work.photos(splits.TEST), folder / "test.npz", processes)
    inputs = (work.int8, work.fp32, folder / "validation.npz", folder / "test.npz")
    terms = {dataset.name: dataset.terms for dataset in work.datasets}
    key = fingerprint([terms, [file_hash(path) for path in inputs]])
    stamp = folder / "report.done"
    if is_fresh(stamp, key):
        say("evaluate: up to date")
        return
    report = {
        "network": json.loads(need(work.network_facts, "quantize").read_text()),
        "datasets": terms,
        "validation_photos": len(validation.samples),
        "int8": _judge(work, work.int8, validation, test),
        "fp32": _judge(work, work.fp32, validation, test),
    }
    write_json(work.report, report)
    finish(stamp, key)


def _judge(work: Workspace, network: Path, validation: Served, test: Served) -> dict[str, Any]:
    scorer = Scorer(network)
    calibration, threshold = calibrate(scorer, validation)
    aligned = {dataset.name for dataset in work.datasets if dataset.aligned}
    result = evaluate(scorer, calibration, threshold, test, aligned)
    wrong = mistakes(scorer, calibration, threshold, test)
    write_json(work.report.parent / f"mistakes-{network.stem}.json", wrong)
    for name, line in result["by_dataset"].items():
        say(
            f"{network.stem} {name:20} n {line['photos']:5} precision {line['precision']} "
            f"recall {line['recall']} F1 {line['f1']} no face {line['no_face']}"
        )
    return {"threshold": threshold, "calibration": calibration.model_dump(), **result}

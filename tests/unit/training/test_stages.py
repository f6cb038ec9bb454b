"""Stages run once per input, and an interrupted one runs again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glasses.errors import UsageError
from training.common.atomic_file import write_json
from training.common.cache import run_once
from training.common.stages import evaluate_run, export_run
from training.common.workspace import Workspace


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "data", tmp_path / "runs")


def test_a_stage_runs_again_after_a_change_or_an_interruption(tmp_path: Path) -> None:
    made: list[str] = []
    assert run_once(tmp_path / "x.done", "a", lambda: made.append("a"))
    assert not run_once(tmp_path / "x.done", "a", lambda: made.append("again"))

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_once(tmp_path / "x.done", "b", interrupted)
    assert run_once(tmp_path / "x.done", "a", lambda: made.append("b"))
    assert made == ["a", "b"]


def test_a_stage_names_the_one_before_it(work: Workspace) -> None:
    with pytest.raises(UsageError, match="run `glasses-train fit` first"):
        export_run(work, "quantize", "fit", [], dict)
    with pytest.raises(UsageError, match="run `glasses-train quantize` first"):
        evaluate_run(work, "quantize", {}, [], dict)


def test_a_run_is_exported_and_evaluated_once(work: Workspace) -> None:
    calls: list[str] = []

    def export() -> dict[str, int]:
        calls.append("export")
        for path in (work.int8, work.fp32):
            path.write_bytes(path.name.encode())
        return {"int8_bytes": 9}

    def evaluate() -> dict[str, float]:
        calls.append("evaluate")
        return {"f1": 0.98}

    work.fit.mkdir(parents=True)
    work.checkpoint.write_bytes(b"run")
    for _ in range(2):
        export_run(work, "quantize", "fit", [1], export)
        evaluate_run(work, "quantize", {"lfw": "research"}, [1], evaluate)
    assert calls == ["export", "evaluate"]
    report = json.loads(work.report.read_text())
    assert report == {"network": {"int8_bytes": 9}, "datasets": {"lfw": "research"}, "f1": 0.98}
    work.report.unlink()
    evaluate_run(work, "quantize", {"lfw": "research"}, [1], evaluate)
    assert calls[-1] == "evaluate"
    write_json(work.network_facts, {"int8_bytes": 10})
    work.int8.write_bytes(b"another network")
    evaluate_run(work, "quantize", {"lfw": "research"}, [1], evaluate)
    assert json.loads(work.report.read_text())["network"] == {"int8_bytes": 10}

"""A sweep runs its queue in order, continues after an interruption, and compares the results."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from glasses.errors import GlassesError  # noqa: E402
from tests.support.synthetic_crops import write_dataset  # noqa: E402
from training import sweep, sweep_cli  # noqa: E402
from training.classifier.model.backbones import glasses_network  # noqa: E402
from training.classifier.recipe import recipe  # noqa: E402
from training.classifier.stages import fit  # noqa: E402
from training.common.allocator import KEEP, WAIT  # noqa: E402
from training.common.sample import Sample  # noqa: E402
from training.options import workspace  # noqa: E402
from training.sweep import SweepRun, run_all, summarize, table  # noqa: E402

STUB = """
import json, os, pathlib, sys
seed = sys.argv[sys.argv.index("--seed") + 1]
root = pathlib.Path(sys.argv[sys.argv.index("--runs") + 1])
with (root / "calls").open("a") as file:
    file.write(f"{seed} {os.environ.get('CUDA_VISIBLE_DEVICES', '-')}\\n")
if seed == "2" and not (root / "repaired").exists():
    sys.exit(1)
(root / seed).mkdir(exist_ok=True)
(root / seed / "result.json").write_text(json.dumps({"seed": int(seed)}))
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    (tmp_path / "stub.py").write_text(STUB)
    return [sys.executable, str(tmp_path / "stub.py")]


def seeds(root: Path, *numbers: int) -> list[SweepRun]:
    return [SweepRun("people", "resnet18", number, root / str(number)) for number in numbers]


def test_runs_are_started_in_order_and_a_failed_one_stops_no_other(
    tmp_path: Path, program: list[str]
) -> None:
    options = ["--runs", str(tmp_path)]
    with pytest.raises(GlassesError, match="1 of 3 runs failed: resnet18 people seed 2"):
        run_all(seeds(tmp_path, 1, 2, 3), options, program=program)
    assert (tmp_path / "calls").read_text().split("\n")[:3] == ["1 -", "2 -", "3 -"]
    (tmp_path / "repaired").touch()
    results = run_all(seeds(tmp_path, 1, 2, 3), options, program=program)
    assert results == [{"seed": 1}, {"seed": 2}, {"seed": 3}]


def test_runs_are_spread_over_all_gpus(
    tmp_path: Path, program: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep.torch.cuda, "device_count", lambda: 2)
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in sweep.slots(2)] == ["0", "1", "0", "1"]
    run_all(seeds(tmp_path, 1, 3, 4, 5), ["--runs", str(tmp_path)], program=program)
    used = {line.split()[1] for line in (tmp_path / "calls").read_text().splitlines()}
    assert used == {"0", "1"}


def test_table_has_mean_and_deviation_over_seeds() -> None:
    results = [
        {"backbone": "resnet18", "split": "people", "validation_f1": f1, "images_per_second": 100}
        for f1 in (0.96, 0.98)
    ]
    results.append({"backbone": "resnet18", "split": "leave-out=a", "test_f1": 0.9})
    rows = summarize(results)
    assert [row["seeds"] for row in rows] == [2, 1]
    lines = table(rows).splitlines()
    assert lines[2] == "| resnet18 | people | 2 | 0.9700 ± 0.0141 | – | 100 |"
    assert lines[3] == "| resnet18 | leave-out=a | 1 | – | 0.9000 ± 0.0000 | – |"


def test_datasets_that_share_people_are_left_out_together() -> None:
    samples = [
        Sample(Path("x"), f"{dataset}/{who}", True, who, dataset)
        for dataset, who in (("a", "ann"), ("b", "ann"), ("c", "bob"))
    ]
    assert sweep.leave_out_splits(samples) == ["leave-out=a", "leave-out=c"]


def test_a_real_sweep_trains_what_is_missing_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_dataset(tmp_path, 120)
    torch.save(glasses_network("mobilenet_v3_small").state_dict(), tmp_path / "w.pth")
    monkeypatch.chdir(tmp_path)
    for name, value in (KEEP | WAIT).items():
        monkeypatch.setenv(name, value)  # or the command would restart this process
    data, runs = Path("data"), Path("runs")
    network = "mobilenet_v3_small"
    work = workspace(data, runs, "people", network, "ours", None, seed=1)
    fit.run(work, "w.pth", recipe("ours", network, epochs=1, seed=1))
    written = work.checkpoint.stat().st_mtime_ns

    sweep_cli.sweep(data, "w.pth", runs, epochs=1, backbones=network, seeds="1,2")

    assert "| mobilenet_v3_small | people | 2 |" in capsys.readouterr().out
    assert work.checkpoint.stat().st_mtime_ns == written
    (row,) = json.loads((runs / "sweep.json").read_text())["rows"]
    assert row["seeds"] == 2
    assert row["images_per_second"] > 1

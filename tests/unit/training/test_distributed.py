"""Training on several processes, as `torchrun` starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

ROOT = Path(__file__).parents[3]
RUNS = """
import signal

import torch
from training.common.distributed import compute_device, leads

signal.alarm(100)  # a process that waits for ever ends, even without torchrun
for number in range(3):
    if number and leads():
        torch.rand(3000, 3000) @ torch.rand(3000, 3000)  # the first process evaluates
    with compute_device() as here:
        ranks = torch.tensor([here.rank + 1 + number])
        torch.distributed.all_reduce(ranks)
        here.wait()
        if here.leads:
            print("sum", int(ranks), "of", here.world)
"""


def test_processes_share_one_run_after_another(tmp_path: Path) -> None:
    script = tmp_path / "runs.py"
    script.write_text(RUNS)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", str(script)),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:3] == ["sum 3 of 2", "sum 5 of 2", "sum 7 of 2"]

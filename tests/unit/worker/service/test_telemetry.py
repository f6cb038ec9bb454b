from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOOK = """
import os
from worker.vision.pipeline import Pipeline
from worker.service.process import before_load
before_load()
pipeline = Pipeline.load("default")
pipeline.warm_up()
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux'")
def test_onnx_runtime_sends_no_telemetry(tmp_path: Path) -> None:
    # Where a CI's variables are set it keeps quiet by itself; OpenBLAS has threads of its own.
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    seen = subprocess.run(
        [sys.executable, "-c", LOOK], env=bare, capture_output=True, text=True, check=True
    )
    assert seen.stdout.split() == ["1"], "a thread that would send what it has collected"
    assert not list(tmp_path.iterdir()), "an identifier of this machine, and what it would send"

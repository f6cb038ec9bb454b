from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "dlib",
    "cv2",
    "onnxruntime",
    "numpy",
    "torch",
    "boto3",
    "botocore",
    "celery",
    "PIL",
    "pyarrow",
}

PROGRAM = """
import json, sys
from producer.main import main
try:
    main()
finally:
    print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["submit", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(ended.stderr.splitlines()[-1]))
    assert "producer" in loaded
    assert loaded & HEAVY == set()
    assert ended.stdout


@pytest.mark.parametrize("words", [["jobs"], ["reconcile"], ["doctor"]])
def test_commands_run_without_celery(words: list[str], tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env=os.environ | {"GLASSES_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = set(json.loads(ended.stderr.splitlines()[-1]))
    assert "redis" in loaded
    assert loaded & {"celery", "kombu"} == set()

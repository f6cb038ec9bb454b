"""`make demo` on a folder of one's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(
    not Path(sys.executable).with_name("glasses").exists(), reason="glasses is not installed"
)
def test_it_ends_with_how_to_go_on_by_hand(demo_photos: Path, tmp_path: Path) -> None:
    (tmp_path / "pile").mkdir()
    shutil.copy(demo_photos / "hopper.jpg", tmp_path / "pile")
    root = demo_photos.parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "demo.run", "--home", str(tmp_path / "h"), str(tmp_path / "pile")],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    last = done.stderr.splitlines()[-1]
    activate, glasses = (part for part in last.split("`")[1::2])
    assert glasses == "glasses --help"
    assert (root / activate.removeprefix(". ")).exists()

"""`make demo` on the user's own folder."""

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
def test_demo_takes_any_folder_and_prints_the_next_commands_to_type(
    demo_photos: Path, tmp_path: Path
) -> None:
    name = '-it\'s "my" $HOME $(x) `y`'
    (tmp_path / name).mkdir()
    shutil.copy(demo_photos / "hopper.jpg", tmp_path / name)
    root = demo_photos.parents[1]
    venv = Path(sys.executable).parents[1]
    done = subprocess.run(
        [
            "make",
            "--no-print-directory",  # as when the tests themselves run in make
            f"--makefile={root / 'Makefile'}",
            f"--old-file={venv}/local.stamp",  # The environment is there: do not install into it.
            "demo",
            f"VENV={venv}",
            f"DEMO_HOME={tmp_path / 'h'}",
            f"PHOTOS={name}",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    *_, row, written = done.stdout.splitlines()
    assert row.startswith("eyeglasses ")
    assert row.endswith("/hopper.jpg")
    assert written.startswith(f"{tmp_path / 'h.html'}: 1 photo")
    assert "hopper.jpg" in (tmp_path / "h.html").read_text()
    last = done.stderr.splitlines()[-1]
    activate, glasses = (part for part in last.split("`")[1::2])
    assert glasses == "glasses --help"
    assert (root / activate.removeprefix(". ")).exists()

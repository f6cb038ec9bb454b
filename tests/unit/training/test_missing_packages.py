from __future__ import annotations

import subprocess
import sys

import pytest

HIDE = """
import sys

class Hidden:
    def find_spec(self, name, *_):
        if name == HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
from training.cli import main
sys.argv = ["glasses-train", "all", "--data", ".", "--init", "x.npz"]
main()
"""


@pytest.mark.parametrize("package", ["torch", "sklearn", "numpy"])
def test_missing_package_is_told_with_the_extra_that_has_it(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDE.replace("HIDDEN", repr(package))],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr == (
        f"glasses-train: training needs {package}: pip install 'people-with-glasses[training]'\n"
    )

"""Run commands as an unprivileged user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = 65534
_READS_ALL = "+dac_read_search"
"""Permits reading a checkout or an interpreter in a folder that only root can read."""


def as_nobody(cwd: Path, root: Path) -> list[str]:
    """Return the words that run a command as an unprivileged user when put before it.

    Args:
        cwd: Working directory of the command.
        root: Root of the checkout.
    """
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("runs as root, and there is no setpriv to become another user")
    change = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    reading = [*change, f"--inh-caps={_READS_ALL}", f"--ambient-caps={_READS_ALL}"]
    code = "import producer.main, worker.vision.pipeline; from infra.local import seaweed, valkey"
    probe = [sys.executable, "-c", f"{code}; seaweed.binary(), valkey.binary()"]
    for prefix in (change, reading):
        done = subprocess.run(
            [*prefix, *probe],
            cwd=cwd,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "HOME": str(cwd)},
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return prefix
    pytest.skip(f"another user cannot run {sys.executable}: {done.stderr.decode()[-200:]}")

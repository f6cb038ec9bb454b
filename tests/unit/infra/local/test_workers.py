from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.settings import Settings
from infra.local import stack
from infra.local.scale import scale, wanted
from infra.local.workers import A_CORE, check_processes, command


def test_a_mistyped_number_of_processes_is_refused_before_anything_starts(tmp_path: Path) -> None:
    most = A_CORE * (os.cpu_count() or 1)
    check_processes(most)
    with pytest.raises(UsageError, match=f"{most + 1} worker processes are too many"):
        scale(tmp_path, most + 1)
    with pytest.raises(UsageError, match=f"{most} is the most"):
        stack.up(tmp_path, most + 1, Settings())
    assert wanted(tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_its_workers_read_files_everywhere_unless_somebody_says_where(tmp_path: Path) -> None:
    assert command(tmp_path, 1, Settings()).env["GLASSES_READ_FOLDERS"] == "/"
    named = command(tmp_path, 1, Settings(read_folders="/photos"))
    assert named.env["GLASSES_READ_FOLDERS"] == "/photos"

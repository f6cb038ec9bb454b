from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from glasses.errors import UsageError
from infra.local import stack
from infra.local.scale import scale
from infra.local.workers import MAX_PROCESSES_PER_CORE, check_processes, command


def test_an_invalid_number_of_processes_is_rejected_before_anything_starts(tmp_path: Path) -> None:
    most = MAX_PROCESSES_PER_CORE * (os.cpu_count() or 1)
    check_processes(most)
    with pytest.raises(UsageError, match=f"{most + 1} worker processes are too many"):
        scale(tmp_path, most + 1)
    with pytest.raises(UsageError, match=f"{most} is the maximum"):
        stack.up(tmp_path, most + 1, Settings())
    assert not list(tmp_path.iterdir())


def test_local_workers_read_all_files_unless_read_folders_is_set(tmp_path: Path) -> None:
    assert command(tmp_path, 1, Settings()).env["GLASSES_READ_FOLDERS"] == "/"
    named = command(tmp_path, 1, Settings(read_folders="/photos"))
    assert named.env["GLASSES_READ_FOLDERS"] == "/photos"

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.memory_cgroup import memory_group
from worker.processes import limits
from worker.service import process

MIB = 2**20
Grouped = Callable[[str], None]


@pytest.fixture
def grouped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grouped:
    """Put this process into a control group with a limit, as far as the module can tell."""

    def put(limit: str) -> None:
        (tmp_path / "memory.max").write_text(limit)
        group = limits._Cgroup(tmp_path, "memory.max", "memory.current", "inactive_file")
        monkeypatch.setattr(limits, "_cgroups", lambda: [group])

    return put


@pytest.mark.parametrize(
    ("limit", "processes", "expected"),
    [
        ("max", 4, (limits.MAX_MB, None)),
        (str(2**63 - 4096), 4, (limits.MAX_MB, None)),
        (str(1024 * MIB), 1, (768, 1024)),
        (str(4096 * MIB), 2, (1920, 4096)),
        (str(65536 * MIB), 2, (limits.MAX_MB, 65536)),
        (str(600 * MIB), 1, (limits.MIN_MB, 600)),
    ],
)
def test_a_worker_derives_its_limit_from_the_container(
    grouped: Grouped, limit: str, processes: int, expected: tuple[int, int | None]
) -> None:
    grouped(limit)
    assert limits.worker_memory(None, processes) == expected


def test_the_setting_overrides_the_container(grouped: Grouped) -> None:
    grouped(str(1024 * MIB))
    assert limits.worker_memory(2048, 1) == (2048, 1024)


def test_a_container_that_is_too_small_is_reported(
    grouped: Grouped, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_memory_mb", limits.MAX_MB)
    grouped(str(600 * MIB))
    with caplog.at_level(logging.WARNING):
        process.choose_memory_limit(None, 1)
        assert not caplog.messages
        process.choose_memory_limit(None, 2)
    (message,) = caplog.messages
    assert "2 processes may use 512 MiB, but their control group has 600 MiB" in message


def test_the_limit_of_a_real_control_group_is_read() -> None:
    with memory_group(1024 * MIB) as group:
        if group is None:
            pytest.skip("no control group can be created here")
        code = "from worker.processes.limits import worker_memory; print(*worker_memory(None, 1))"
        command = [*group.enter, sys.executable, "-c", code]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["768", "1024"]

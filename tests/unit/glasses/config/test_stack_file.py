from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from glasses.config.stack_file import (
    STACK_FILE,
    StackFile,
    home,
    read_stack,
    remove_stack,
    write_stack,
)

STACK = StackFile(
    {"redis_url": "redis://:secret@127.0.0.1:1"}, {"valkey": {"pid": 7, "started": 1.5}}, 2
)


def test_a_written_stack_file_is_read_back(tmp_path: Path) -> None:
    write_stack(tmp_path, STACK)
    assert read_stack(tmp_path) == STACK


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (tmp_path / (STACK_FILE + ".partial")).touch(0o666)  # left by a crash
        write_stack(tmp_path, STACK)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / STACK_FILE).stat().st_mode) == 0o600


def test_the_file_is_replaced_atomically(tmp_path: Path) -> None:
    write_stack(tmp_path, STACK)
    with (tmp_path / STACK_FILE).open() as reader:
        write_stack(tmp_path, StackFile({}))
        assert "secret" in reader.read()  # an open handle still reads the complete old file
    assert read_stack(tmp_path) == StackFile({})
    assert [path.name for path in tmp_path.iterdir()] == [STACK_FILE]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    write_stack(tmp_path, STACK)
    with pytest.raises(TypeError):
        write_stack(tmp_path, StackFile({"redis_url": object()}))  # type: ignore[dict-item]
    assert read_stack(tmp_path) == STACK


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"5",
        b"{}",
        b'{"settings": null}',
        b'{"settings": "x"}',
        b'{"settings": {}, "processes": []}',
        b'{"settings": {}, "of_a_newer_release": 1}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_reads_as_no_stack(content: bytes, tmp_path: Path) -> None:
    (tmp_path / STACK_FILE).write_bytes(content)
    assert read_stack(tmp_path) is None


def test_a_missing_file_reads_as_no_stack(tmp_path: Path) -> None:
    assert read_stack(tmp_path / "missing") is None


def test_a_removed_stack_file_is_gone(tmp_path: Path) -> None:
    write_stack(tmp_path, STACK)
    remove_stack(tmp_path)
    remove_stack(tmp_path)
    assert read_stack(tmp_path) is None


def test_the_home_follows_its_environment_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSES_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("GLASSES_HOME")
    assert home() == Path.home() / ".glasses"

"""Output files that cannot be written are rejected before any work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.errors import UsageError
from producer import atomic_file


def test_a_new_file_an_existing_file_and_a_device_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    for path in (tmp_path / "new", tmp_path / "old", Path("/dev/null")):
        atomic_file.check(path)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_reported_before_any_work(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(UsageError, match=f"no permission to write to {closed}"):
        atomic_file.check(closed / "report.html")
    link = tmp_path / "link.html"
    link.symlink_to(closed / "report.html")
    with pytest.raises(UsageError, match=f"no permission to write to {closed}"):
        atomic_file.check(link)
